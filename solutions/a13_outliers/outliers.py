"""Outliers: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def zscore_outliers(x: npt.ArrayLike, threshold: float = 3.0) -> npt.NDArray[np.bool_]:
    """Return a mask, shape (n,), of the values more than `threshold` standard deviations away from the mean.

    Raises `ValueError` unless `x` has shape (n,), n at least 1, and `threshold` is not negative.
    """
    values = _checked(x, "threshold", threshold)
    # The values are compared, not the deviation with 0: the mean of equal values may differ from them in the last bit.
    if (values == values[0]).all():
        return np.zeros(values.size, dtype=bool)
    return np.asarray(np.abs(values - values.mean()) > threshold * values.std())


def iqr_outliers(x: npt.ArrayLike, factor: float = 1.5) -> npt.NDArray[np.bool_]:
    """Return a mask, shape (n,), of the values more than `factor` interquartile ranges outside of the quartiles.

    Raises `ValueError` unless `x` has shape (n,), n at least 1, and `factor` is not negative.
    """
    values = _checked(x, "factor", factor)
    lower, upper = np.quantile(values, [0.25, 0.75])
    reach = factor * (upper - lower)
    return np.asarray((values < lower - reach) | (values > upper + reach))


def _checked(x: npt.ArrayLike, name: str, limit: float) -> npt.NDArray[np.float64]:
    """`x` as a float64 vector."""
    values = np.asarray(x, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"x must have shape (n,), n at least 1, got shape {values.shape}")
    if limit < 0:
        raise ValueError(f"{name} must be at least 0, got {limit}")
    return values
