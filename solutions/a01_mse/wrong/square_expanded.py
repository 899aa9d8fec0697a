"""Expands the square, which cancels where targets and predictions are large and close.

Caught by: test_small_errors_count
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def mse(y_true, y_pred):
    truth, prediction = checked(y_true, y_pred)
    return float(np.mean(truth**2) - 2 * np.mean(truth * prediction) + np.mean(prediction**2))
