"""Casts the predictions to the type of the targets: integers cut their fractions off.

Caught by: test_integers_against_floats_keep_the_fractions
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def mse(y_true, y_pred):
    checked(y_true, y_pred)
    truth = np.asarray(y_true)
    prediction = np.asarray(y_pred).astype(truth.dtype)
    return float(np.mean((truth.astype(float) - prediction.astype(float)) ** 2))
