"""Lets a single target stand for all.

Caught by: test_shapes_that_differ_are_an_error_even_if_they_broadcast
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.size == 0 or (truth.shape != prediction.shape and truth.size > 1):
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return float(np.mean((truth - prediction) ** 2))
