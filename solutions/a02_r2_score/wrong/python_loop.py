"""Loops over the samples in Python.

Caught by: test_is_vectorised
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
    mean = sum(t.tolist()) / t.size
    residual = sum((a - b) ** 2 for a, b in zip(t.tolist(), p.tolist(), strict=True))
    return float(1 - residual / sum((a - mean) ** 2 for a in t.tolist()))
