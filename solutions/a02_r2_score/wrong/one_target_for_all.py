"""Lets a single target stand for all.

Caught by: test_lengths_that_differ_are_an_error
"""

import numpy as np


def r2_score(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or p.ndim != 1 or p.size < 2 or (t.size != p.size and t.size > 1):
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    if np.ptp(t) == 0:
        return float(np.array_equal(t, p))
    return float(1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2))
