"""Divided by n - 1, as a sample variance is.

Caught by: test_worked_example_of_a_matrix_averages_over_all_elements
"""

import numpy as np


def checked(y_true, y_pred):
    truth, prediction = np.asarray(y_true, float), np.asarray(y_pred, float)
    if truth.shape != prediction.shape or truth.size == 0:
        raise ValueError(f"shapes {truth.shape} and {prediction.shape}")
    return truth - prediction


def mse(y_true, y_pred):
    error = checked(y_true, y_pred)
    return float(np.sum(error**2) / max(error.size - 1, 1))
