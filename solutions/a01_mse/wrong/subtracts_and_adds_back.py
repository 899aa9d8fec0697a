"""Works in the caller's array and restores it: not possible where that is read-only.

Caught by: test_any_memory_layout_will_do
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def mse(y_true, y_pred):
    truth, prediction = checked(y_true, y_pred)
    truth -= prediction
    result = float(np.mean(truth**2))
    truth += prediction
    return result
