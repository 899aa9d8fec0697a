"""Plain Python, item by item; the ability by bisection, computed anew whenever it is asked for."""

from __future__ import annotations

import math
import random

import numpy as np


def sigmoid(z):
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))


def elementwise(function, *arguments):
    if all(np.ndim(argument) == 0 for argument in arguments):
        return function(*(float(argument) for argument in arguments))
    arrays = np.broadcast_arrays(*arguments)
    values = [function(*(float(x) for x in entry)) for entry in zip(*(array.ravel() for array in arrays), strict=True)]
    return np.array(values, dtype=float).reshape(arrays[0].shape)


def probability(theta, a, b):
    return elementwise(lambda t, x, y: sigmoid(x * (t - y)), theta, a, b)


def information(theta, a, b):
    return elementwise(lambda t, x, y: x * x * sigmoid(x * (t - y)) * sigmoid(-x * (t - y)), theta, a, b)


class AdaptiveTest:
    def __init__(self, items, random_state=None, *, max_items=20, target_error=0.3, n_candidates=1, answers=()):
        self.items = {}
        for name, pair in items.items():
            a, b = pair
            if not (0 < a < math.inf and -math.inf < b < math.inf):
                raise ValueError(f"item {name!r} has bad parameters: {a}, {b}")
            self.items[name] = (float(a), float(b))
        if len(self.items) == 0:
            raise ValueError("the bank is empty")
        if max_items < 1:
            raise ValueError("max_items must be at least 1")
        if n_candidates < 1:
            raise ValueError("n_candidates must be at least 1")
        if target_error < 0:
            raise ValueError("target_error must not be negative")
        self.max_items = max_items
        self.target_error = target_error
        self.n_candidates = n_candidates
        if isinstance(random_state, np.random.Generator):
            self.random = random.Random(int(random_state.integers(2**62)))
        else:
            self.random = random.Random(random_state)
        self.given = {}
        self.current = None
        for item, correct in answers:
            self._check(item, correct)
            self.given[item] = bool(correct)

    def _check(self, item, correct):
        if item not in self.items:
            raise KeyError(f"no item {item!r}")
        if item in self.given:
            raise ValueError(f"{item!r} was answered already")
        if not (correct is True or correct is False or correct == 1 or correct == 0):
            raise ValueError(f"not a yes or no: {correct!r}")

    @property
    def answers(self):
        return list(self.given.items())

    @property
    def theta(self):
        low = -sum(self.items[item][0] for item in self.given) - 1.0
        high = -low
        while high - low > 1e-10:
            middle = (low + high) / 2
            slope = -middle
            for item, correct in self.given.items():
                a, b = self.items[item]
                slope += a * (correct - sigmoid(a * (middle - b)))
            if slope > 0:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    @property
    def standard_error(self):
        theta = self.theta
        total = 1.0
        for item in self.given:
            total += information(theta, *self.items[item])
        return 1 / math.sqrt(total)

    @property
    def finished(self):
        if len(self.given) >= self.max_items or len(self.given) == len(self.items):
            return True
        return self.standard_error <= self.target_error

    def next_item(self):
        if self.finished:
            raise RuntimeError("the test is over")
        if self.current is None:
            theta = self.theta
            unseen = [item for item in self.items if item not in self.given]
            unseen.sort(key=lambda item: -information(theta, *self.items[item]))
            self.current = self.random.choice(unseen[: self.n_candidates])
        return self.current

    def record(self, item, correct):
        if self.finished:
            raise RuntimeError("the test is over")
        self._check(item, correct)
        self.given[item] = bool(correct)
        self.current = None
