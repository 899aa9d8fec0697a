"""Clips at minus one million.

Caught by: test_there_is_no_lower_bound
"""

import numpy as np


def checked(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    return t, p


def r2_score(y_true, y_pred):
    t, p = checked(y_true, y_pred)
    if np.ptp(t) == 0:
        return float(np.array_equal(t, p))
    return max(-1e6, float(1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2)))
