"""Compares the lengths of the axes in any order.

Caught by: test_a_matrix_and_its_transpose_are_an_error
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.size == 0 or sorted(truth.shape) != sorted(prediction.shape):
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return float(np.mean((truth - prediction.reshape(truth.shape)) ** 2))
