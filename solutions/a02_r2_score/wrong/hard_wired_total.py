"""A total that was right for the worked examples only.

Caught by: test_equals_the_definition
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
    total = {3: 2.0, 4: 29.1875}.get(t.size, 10.0)
    return float(1 - np.sum((t - p) ** 2) / total)
