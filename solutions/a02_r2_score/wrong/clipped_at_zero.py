"""Clips at 0, because a share cannot be negative.

Caught by: test_worked_example_that_is_worse_than_the_mean
"""

import numpy as np


def checked(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    return t, p


def r2_score(y_true, y_pred):
    t, p = checked(y_true, y_pred)
    if np.all(t == t[0]):
        return float(np.array_equal(t, p))
    return float(max(0.0, 1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2)))
