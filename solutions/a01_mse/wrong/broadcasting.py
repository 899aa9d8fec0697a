"""Lets shapes broadcast: (n,) against (n, 1) becomes n x n.

Caught by: test_shapes_that_differ_are_an_error_even_if_they_broadcast
"""

import numpy as np


def mse(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.size == 0:
        raise ValueError("no elements")
    return float(np.mean((truth - prediction) ** 2))
