"""Averages over the first thousand elements only.

Caught by: test_every_element_counts_however_many_there_are
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth, prediction


def mse(y_true, y_pred):
    truth, prediction = checked(y_true, y_pred)
    error = (truth - prediction).ravel()[:1000]
    return float(np.mean(error**2))
