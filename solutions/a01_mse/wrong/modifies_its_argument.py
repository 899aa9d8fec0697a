"""Subtracts in place, in the caller'\''s array.

Caught by: test_arguments_stay_as_they_were
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true), np.asarray(y_pred)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    if truth.dtype != np.float64 or truth.ndim == 0:
        truth = truth.astype(float)
    truth -= prediction
    return float(np.mean(truth**2))
