"""Takes the mean before it converts to float64.

Caught by: test_float32_is_computed_in_float64
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
    mean = float(np.mean(y_true))
    return float(1 - np.sum((t - p) ** 2) / np.sum((t - mean) ** 2))
