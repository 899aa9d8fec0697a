"""Takes targets for constant that differ in the twelfth digit.

Caught by: test_targets_that_vary_only_a_little_are_not_constant
"""

import numpy as np


def checked(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    return t, p


def r2_score(y_true, y_pred):
    t, p = checked(y_true, y_pred)
    if np.ptp(t) <= 1e-12 * np.abs(t).max():
        return float(np.array_equal(t, p))
    return float(1 - np.sum((t - p) ** 2) / np.sum((t - t.mean()) ** 2))
