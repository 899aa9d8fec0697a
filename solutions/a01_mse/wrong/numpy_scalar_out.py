"""Returns a float32 for float32 input, not a Python float.

Caught by: test_result_is_a_python_float
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth - prediction


def mse(y_true, y_pred):
    error = checked(y_true, y_pred)
    return np.mean(error**2).astype(np.result_type(y_true, np.float32))
