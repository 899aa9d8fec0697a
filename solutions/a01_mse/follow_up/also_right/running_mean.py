"""A running mean and a number of elements: each batch, and each stream that is merged in, moves the mean by its share."""

import numpy as np


def squared_errors(y_true, y_pred):
    y_true, y_pred = np.asarray(y_true, dtype=float), np.asarray(y_pred, dtype=float)
    if y_true.shape != y_pred.shape:
        raise ValueError(f"shapes differ: {y_true.shape} and {y_pred.shape}")
    return np.square(y_true - y_pred)


def mse(y_true, y_pred):
    squares = squared_errors(y_true, y_pred)
    if squares.size == 0:
        raise ValueError("empty input")
    return squares.mean()


class StreamingMSE:
    def __init__(self):
        self.n = 0
        self.mean = 0.0

    def update(self, y_true, y_pred):
        squares = squared_errors(y_true, y_pred)
        if squares.size > 0:
            self._take(squares.size, squares.mean())
        return self

    def merge(self, other):
        if other.n > 0:
            self._take(other.n, other.mean)
        return self

    def result(self):
        if self.n == 0:
            raise ValueError("no data")
        return self.mean

    def _take(self, n, mean):
        self.n += n
        self.mean += (mean - self.mean) * n / self.n
