"""Loops over elements in Python.

Caught by: test_is_vectorised
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth - prediction


def mse(y_true, y_pred):
    error = checked(y_true, y_pred)
    return (
        sum(e * e for e in error.ravel().tolist()) / error.size
        if error.size < 100
        else float(
            sum((a - b) ** 2 for a, b in zip(np.ravel(y_true).tolist(), np.ravel(y_pred).tolist(), strict=True))
            / error.size
        )
    )
