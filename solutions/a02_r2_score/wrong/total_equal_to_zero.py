"""Tests SS_tot == 0 for constant targets, which rounding breaks.

Caught by: test_constant_targets_are_seen_by_their_values_and_not_by_a_sum_that_rounds
"""

import numpy as np


def checked(y_true, y_pred):
    t, p = np.asarray(y_true, float), np.asarray(y_pred, float)
    if t.ndim != 1 or t.shape != p.shape or t.size < 2:
        raise ValueError(f"shapes {t.shape} and {p.shape}")
    return t, p


def r2_score(y_true, y_pred):
    t, p = checked(y_true, y_pred)
    total = np.sum((t - t.mean()) ** 2)
    if total == 0:
        return float(np.array_equal(t, p))
    return float(1 - np.sum((t - p) ** 2) / total)
