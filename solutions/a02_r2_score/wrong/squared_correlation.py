"""The squared correlation, which forgives any scale and offset.

Caught by: test_an_offset_of_the_prediction_costs
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
    if np.all(p == p[0]):
        return 0.0
    return float(np.corrcoef(t, p)[0, 1] ** 2)
