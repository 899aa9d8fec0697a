"""Widens integers to int64 only, where squares still wrap around.

Caught by: test_squares_of_large_integers_do_not_wrap_around
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
    t, p = (v.astype(np.int64 if v.dtype.kind in "iub" else float) for v in (np.asarray(y_true), np.asarray(y_pred)))
    return float(1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2))
