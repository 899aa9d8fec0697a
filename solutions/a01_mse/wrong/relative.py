"""Divides by the targets: a relative error, which is not symmetric.

Caught by: test_is_symmetric_in_its_arguments
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth - prediction


def mse(y_true, y_pred):
    error = checked(y_true, y_pred)
    return float(np.mean((error / np.where(np.asarray(y_true, float) == 0, 1, y_true)) ** 2))
