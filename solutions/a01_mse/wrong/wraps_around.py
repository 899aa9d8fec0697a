"""Subtracts in the dtype that came in, so that unsigned integers wrap around.

Caught by: test_integers_do_not_wrap_around
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true), np.asarray(y_pred)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    if truth.dtype == bool:
        truth, prediction = truth.astype(float), prediction.astype(float)
    return float(np.mean((truth - prediction) ** 2))
