"""By np.var for the total and a mean for the residual: both divided by n."""

import numpy as np


def r2_score(y_true, y_pred):
    y_true, y_pred = np.array(y_true, dtype=float), np.array(y_pred, dtype=float)
    for y in (y_true, y_pred):
        if y.ndim != 1:
            raise ValueError(f"expected one dimension, got {y.ndim}")
    if len(y_true) != len(y_pred):
        raise ValueError(f"lengths {len(y_true)} and {len(y_pred)} differ")
    if len(y_true) < 2:
        raise ValueError("at least two samples are needed")
    if y_true.max() == y_true.min():
        return 1.0 if (y_true == y_pred).all() else 0.0
    return 1 - np.square(y_true - y_pred).mean() / y_true.var()
