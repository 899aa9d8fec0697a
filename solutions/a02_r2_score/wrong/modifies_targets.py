"""Takes the mean off in the caller's array.

Caught by: test_arguments_stay_as_they_were
"""

import numpy as np


def r2_score(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    if np.all(t == t[0]):
        return float(np.array_equal(t, p))
    residual = np.sum((t - p) ** 2)
    t -= t.mean()
    return float(1 - residual / np.sum(t**2))
