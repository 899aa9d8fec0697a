"""Looks at the first thousand samples only.

Caught by: test_every_sample_counts_however_many_there_are
"""

import numpy as np


def checked(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    return t, p


def r2_score(y_true, y_pred):
    t, p = checked(y_true, y_pred)
    t, p = t[:1000], p[:1000]
    if np.ptp(t) == 0:
        return float(np.array_equal(t, p))
    return float(1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2))
