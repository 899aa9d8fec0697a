"""Reverse-mode automatic differentiation of single numbers: the reference."""

from __future__ import annotations

import math


class Value:
    """A number that keeps its operands and the local slope for each, as in micrograd and in tapes of libraries.

    Attributes: `data`, a float, and `grad`, the derivative of the last result whose `backward` reached this value.
    """

    def __init__(self, data: float, operands: tuple[tuple[Value, float], ...] = ()) -> None:
        self.data, self.grad = float(data), 0.0
        self._operands = operands

    def __add__(self, other: Value | float) -> Value:
        other = _value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other: Value | float) -> Value:
        other = _value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def __pow__(self, exponent: float) -> Value:
        if isinstance(exponent, Value):
            raise TypeError("the exponent must be a plain number, got a Value")
        slope = exponent * self.data ** (exponent - 1) if exponent else 0.0
        return Value(self.data**exponent, ((self, slope),))

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Value | float) -> Value:
        return self + -_value(other)

    def __truediv__(self, other: Value | float) -> Value:
        return self * _value(other) ** -1

    def __rsub__(self, other: float) -> Value:
        return _value(other) - self

    def __rtruediv__(self, other: float) -> Value:
        return _value(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self) -> Value:
        """Return e to the power of this value."""
        result = math.exp(self.data)
        return Value(result, ((self, result),))

    def log(self) -> Value:
        """Return the natural logarithm. Raises `ValueError` for 0 and less."""
        result = math.log(self.data)  # raises the ValueError
        return Value(result, ((self, 1 / self.data),))

    def tanh(self) -> Value:
        """Return the hyperbolic tangent."""
        result = math.tanh(self.data)
        return Value(result, ((self, 1 - result * result),))

    def relu(self) -> Value:
        """Return the value where it is above 0, else 0; the slope at 0 is 0."""
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))

    def backward(self) -> None:
        """Set `grad` of every value in this one's graph to the derivative of this one with respect to it."""
        order = self._operands_first()
        for node in order:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):  # a node after all that were made of it, so its own gradient is whole
            for operand, slope in node._operands:
                operand.grad += slope * node.grad

    def _operands_first(self) -> list[Value]:
        """All nodes of the graph, each once and after its operands; with a stack of its own, for any depth."""
        order: list[Value] = []
        seen: set[int] = set()
        stack = [(self, False)]
        while stack:
            node, is_done = stack.pop()
            if is_done:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                stack += [(operand, False) for operand, _ in node._operands]
        return order


def _value(number: Value | float) -> Value:
    return number if isinstance(number, Value) else Value(number)
