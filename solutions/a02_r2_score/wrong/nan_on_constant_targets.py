"""Divides 0 by 0 for constant targets.

Caught by: test_constant_targets_score_1_or_0_and_nothing_else
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
    return float(1 - np.sum((t - p) ** 2) / total) if total else float("nan")
