"""Refuses matrices, but not arrays of more axes.

Caught by: test_anything_but_one_axis_is_an_error
"""

import numpy as np


def r2_score(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim == 2 or t.ndim == 0 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    if np.ptp(t) == 0:
        return float(np.array_equal(t, p))
    return float(1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2))
