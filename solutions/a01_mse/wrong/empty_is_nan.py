"""Gives NaN for no elements.

Caught by: test_no_elements_are_an_error
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return float(np.mean((truth - prediction) ** 2)) if truth.size else float("nan")
