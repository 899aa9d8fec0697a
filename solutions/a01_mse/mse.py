"""Mean squared error: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def mse(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return the mean, over all elements, of the squared difference of `y_true` and `y_pred`.

    Shapes must be equal and hold at least one element, else `ValueError`. NaN propagates.
    """
    # float64 first: unsigned integers would wrap around, float32 would lose digits.
    truth = np.asarray(y_true, dtype=np.float64)
    prediction = np.asarray(y_pred, dtype=np.float64)
    if truth.shape != prediction.shape:
        raise ValueError(f"y_true and y_pred must have the same shape, got shapes {truth.shape} and {prediction.shape}")
    if truth.size == 0:
        raise ValueError(f"y_true must have at least one element, got shape {truth.shape}")
    error = (truth - prediction).ravel()
    return float(error @ error / error.size)
