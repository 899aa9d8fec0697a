"""Reverse-mode automatic differentiation of single numbers."""

from __future__ import annotations


class Value:
    """A number that remembers what it was made of.

    Args:
        data: the number.

    Attributes:
        data: the number, a float.
        grad: the derivative of the last result whose `backward` reached this value; 0.0 at first.
    """

    data: float
    grad: float

    def __init__(self, data: float) -> None:
        raise NotImplementedError

    # Write the operators + - * / with values and plain numbers on either side, unary - and **.

    def exp(self) -> Value:
        """Return e to the power of this value."""
        raise NotImplementedError

    def log(self) -> Value:
        """Return the natural logarithm. Raises `ValueError` for 0 and less."""
        raise NotImplementedError

    def tanh(self) -> Value:
        """Return the hyperbolic tangent."""
        raise NotImplementedError

    def relu(self) -> Value:
        """Return the value where it is above 0, else 0; the slope at 0 is 0."""
        raise NotImplementedError

    def backward(self) -> None:
        """Set `grad` of every value in this one's graph to the derivative of this one with respect to it."""
        raise NotImplementedError
