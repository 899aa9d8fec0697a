"""Every operation has its own slopes; `backward` counts uses, and hands a node on when all of them have been paid."""

import math
from collections import deque


class Value:
    def __init__(self, data):
        self.data, self.grad, self.parents, self.slopes = float(data), 0.0, [], []

    @staticmethod
    def _new(data, parents, slopes):
        value = Value(data)
        value.parents, value.slopes = parents, slopes
        return value

    @staticmethod
    def _pair(a, b):
        return [x if isinstance(x, Value) else Value(x) for x in (a, b)]

    @staticmethod
    def _plus(a, b):
        a, b = Value._pair(a, b)
        return Value._new(a.data + b.data, [a, b], [1.0, 1.0])

    @staticmethod
    def _minus(a, b):
        a, b = Value._pair(a, b)
        return Value._new(a.data - b.data, [a, b], [1.0, -1.0])

    @staticmethod
    def _times(a, b):
        a, b = Value._pair(a, b)
        return Value._new(a.data * b.data, [a, b], [b.data, a.data])

    @staticmethod
    def _over(a, b):
        a, b = Value._pair(a, b)
        return Value._new(a.data / b.data, [a, b], [1 / b.data, -a.data / b.data**2])

    def __add__(self, other):
        return Value._plus(self, other)

    def __radd__(self, other):
        return Value._plus(other, self)

    def __sub__(self, other):
        return Value._minus(self, other)

    def __rsub__(self, other):
        return Value._minus(other, self)

    def __mul__(self, other):
        return Value._times(self, other)

    def __rmul__(self, other):
        return Value._times(other, self)

    def __truediv__(self, other):
        return Value._over(self, other)

    def __rtruediv__(self, other):
        return Value._over(other, self)

    def __neg__(self):
        return Value._new(-self.data, [self], [-1.0])

    def __pow__(self, n):
        if isinstance(n, Value):
            return NotImplemented
        return Value._new(self.data**n, [self], [0.0 if n == 0 else n * self.data ** (n - 1)])

    def exp(self):
        return Value._new(math.exp(self.data), [self], [math.exp(self.data)])

    def log(self):
        if self.data <= 0:
            raise ValueError(f"no logarithm of {self.data}")
        return Value._new(math.log(self.data), [self], [1 / self.data])

    def tanh(self):
        return Value._new(math.tanh(self.data), [self], [1 / math.cosh(min(abs(self.data), 300.0)) ** 2])

    def relu(self):
        return Value._new(max(0.0, self.data), [self], [1.0 if self.data > 0 else 0.0])

    def backward(self):
        uses, nodes, queue = {id(self): 0}, [self], deque([self])
        while queue:
            for parent in queue.popleft().parents:
                if id(parent) not in uses:
                    uses[id(parent)] = 0
                    nodes.append(parent)
                    queue.append(parent)
                uses[id(parent)] += 1
        for node in nodes:
            node.grad = 0.0
        self.grad = 1.0
        queue.append(self)
        while queue:
            node = queue.popleft()
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                parent.grad += slope * node.grad
                uses[id(parent)] -= 1
                if uses[id(parent)] == 0:
                    queue.append(parent)
