"""Coefficient of determination: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def r2_score(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return R² of predictions `y_pred`, shape (n,), for targets `y_true`, shape (n,) with n >= 2.

    Constant targets score 1.0 when predicted exactly, else 0.0. Raises `ValueError` for anything but two
    one-dimensional arguments of the same length, at least 2.
    """
    truth = np.asarray(y_true, dtype=np.float64)
    prediction = np.asarray(y_pred, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != prediction.shape:
        raise ValueError(
            f"y_true and y_pred must both have shape (n,), got shapes {truth.shape} and {prediction.shape}"
        )
    if truth.size < 2:
        raise ValueError(f"y_true must have at least 2 samples, got {truth.size}")
    # The values are compared, not SS_tot with 0: the mean of equal values may differ from them in the last bit.
    if np.all(truth == truth[0]):
        return 1.0 if np.array_equal(truth, prediction) else 0.0
    residual = truth - prediction
    deviation = truth - truth.mean()
    return float(1.0 - (residual @ residual) / (deviation @ deviation))
