"""Widens integers to int64 only, where squares still wrap around.

Caught by: test_squares_of_large_integers_do_not_wrap_around
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def wide(y):
    y = np.asarray(y)
    return y.astype(np.int64 if y.dtype.kind in "iub" else np.float64)


def mse(y_true, y_pred):
    checked(y_true, y_pred)
    return float(np.mean((wide(y_true) - wide(y_pred)) ** 2))
