"""Outliers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def zscore_outliers(x: npt.ArrayLike, threshold: float = 3.0) -> npt.NDArray[np.bool_]:
    """Say which values are more than `threshold` standard deviations (ddof 0) away from the mean.

    Args:
        x: numbers, shape (n,), n at least 1.
        threshold: a number that is not negative.

    Returns:
        A mask of shape (n,), True for outliers; there are none where all values are equal.

    Raises:
        ValueError: `x` has another shape or is empty, or `threshold` is negative.
    """
    raise NotImplementedError


def iqr_outliers(x: npt.ArrayLike, factor: float = 1.5) -> npt.NDArray[np.bool_]:
    """Say which values are more than `factor` interquartile ranges outside of the quartiles.

    Args:
        x: numbers, shape (n,), n at least 1.
        factor: a number that is not negative.

    Returns:
        A mask of shape (n,), True for outliers.

    Raises:
        ValueError: `x` has another shape or is empty, or `factor` is negative.
    """
    raise NotImplementedError
