"""Computes in float32 when that is what came in.

Caught by: test_float32_is_computed_in_float64
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true), np.asarray(y_pred)
    if truth.dtype != np.float32:
        truth, prediction = truth.astype(float), prediction.astype(float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return float(np.mean((truth - prediction) ** 2))
