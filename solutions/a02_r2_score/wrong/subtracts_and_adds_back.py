"""Works in the caller's array and restores it: not possible where that is read-only.

Caught by: test_any_memory_layout_will_do
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
    p -= t
    residual = np.sum(p**2)
    p += t
    return float(1 - residual / np.sum((t - t.mean()) ** 2))
