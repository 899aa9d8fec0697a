"""Does not say which shapes differ.

Caught by: test_the_error_names_both_shapes
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape:
        raise ValueError("y_true and y_pred must have the same shape")
    if truth.size == 0:
        raise ValueError("no elements")
    return float(np.mean((truth - prediction) ** 2))
