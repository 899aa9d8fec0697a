"""Compares numbers of elements, not shapes, and flattens.

Caught by: test_shapes_that_differ_are_an_error_even_if_they_broadcast
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.ravel(y_true).astype(float), np.ravel(y_pred).astype(float)
    if truth.size != prediction.size or truth.size == 0:
        raise ValueError(f"{truth.size} and {prediction.size} elements")
    return float(np.mean((truth - prediction) ** 2))
