"""Makes single numbers vectors of one, so that a number matches a list of one.

Caught by: test_shapes_that_differ_are_an_error_even_if_they_broadcast
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def mse(y_true, y_pred):
    truth, prediction = checked(np.atleast_1d(y_true), np.atleast_1d(y_pred))
    return float(np.mean((truth - prediction) ** 2))
