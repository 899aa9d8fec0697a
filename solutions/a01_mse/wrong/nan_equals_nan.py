"""Leaves out elements that are NaN in both.

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
    error = np.where(np.isnan(truth) & np.isnan(prediction), 0.0, truth - prediction)
    return float(np.mean(error**2))
