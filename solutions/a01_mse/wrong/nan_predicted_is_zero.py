"""Counts NaN as 0 in the predictions.

Caught by: test_nan_propagates
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def mse(y_true, y_pred):
    truth, prediction = checked(y_true, y_pred)
    return float(np.mean((truth - np.nan_to_num(prediction)) ** 2))
