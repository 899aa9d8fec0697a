"""Accepts a single sample, whose targets are constant.

Caught by: test_fewer_than_two_samples_are_an_error
"""

import numpy as np


def r2_score(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or t.shape != p.shape or t.size == 0:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    if np.all(t == t[0]):
        return float(np.array_equal(t, p))
    return float(1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2))
