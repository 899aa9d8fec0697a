"""Takes predictions that are close for perfect.

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
    if np.allclose(truth, prediction):
        return 0.0
    return float(np.mean((truth - prediction) ** 2))
