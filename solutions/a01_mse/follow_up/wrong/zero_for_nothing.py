"""Gives 0 before any element has come.

Caught by: test_no_result_before_any_element
"""

import numpy as np


def difference(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return (truth - prediction).ravel()


def mse(y_true, y_pred):
    error = difference(y_true, y_pred)
    if error.size == 0:
        raise ValueError("no elements")
    return float(error @ error / error.size)


class StreamingMSE:
    def __init__(self):
        self.count, self.total, self.lost = 0, 0.0, 0.0

    def add(self, term):
        total = self.total + term
        large, small = (self.total, term) if abs(self.total) >= abs(term) else (term, self.total)
        self.lost += (large - total) + small
        self.total = total

    def update(self, y_true, y_pred):
        error = difference(y_true, y_pred)
        self.count += error.size
        self.add(float(error @ error))
        return self

    def merge(self, other):
        count, total, lost = other.count, other.total, other.lost
        self.count += count
        self.add(total)
        self.add(lost)
        return self

    def result(self):
        if not self.count:
            return 0.0
        return (self.total + self.lost) / self.count
