"""Calls its arguments something else.

Caught by: test_arguments_may_be_given_by_name
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def mse(targets, predictions):
    truth, prediction = checked(targets, predictions)
    return float(np.mean((truth - prediction) ** 2))
