"""Subtracts in the dtype that came in.

Caught by: test_integers_do_not_wrap_around
"""

import numpy as np


def r2_score(y_true, y_pred):
    t, p = np.asarray(y_true), np.asarray(y_pred)
    if t.ndim != 1 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    if np.all(t == t[0]):
        return float(np.array_equal(t, p))
    return float(1 - float(np.sum((t - p) ** 2)) / np.sum((t - t.mean()) ** 2))
