"""Clips the error, as robust losses do.

Caught by: test_scaling_both_arguments_scales_by_the_square
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth - prediction


def mse(y_true, y_pred):
    error = checked(y_true, y_pred)
    return float(np.mean(np.clip(error, -50, 50) ** 2))
