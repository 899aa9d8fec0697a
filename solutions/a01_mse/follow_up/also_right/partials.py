"""Shewchuk's partial sums: a handful of floats whose sum is exact; math.fsum adds them up."""

import math

import numpy as np


def mse(y_true, y_pred):
    e = _error(y_true, y_pred)
    if not e.size:
        raise ValueError("nothing to average")
    return float(np.mean(e * e))


def _error(y_true, y_pred):
    y_true, y_pred = np.array(y_true, dtype=np.float64), np.array(y_pred, dtype=np.float64)
    if y_true.shape != y_pred.shape:
        raise ValueError(f"the shapes differ: {y_true.shape} and {y_pred.shape}")
    return y_true - y_pred


class StreamingMSE:
    def __init__(self):
        self._n = 0
        self._partials = []

    def update(self, y_true, y_pred):
        e = _error(y_true, y_pred)
        self._n += e.size
        self._grow([math.fsum((e * e).flat)])
        return self

    def merge(self, other):
        self._n += other._n
        self._grow(list(other._partials))
        return self

    def result(self):
        if self._n == 0:
            raise ValueError("no elements so far")
        return math.fsum(self._partials) / self._n

    def _grow(self, terms):
        for term in terms:
            kept, high = [], term
            for partial in self._partials:
                large, small = (high, partial) if abs(high) >= abs(partial) else (partial, high)
                high = large + small
                low = small - (high - large)
                if low:
                    kept.append(low)
            self._partials = [*kept, high]
