"""Confidence intervals: Student's for a mean, the bootstrap's for any statistic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt


def mean_confidence_interval(x: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return (low, high), Student's confidence interval for the mean of the population that `x` is a sample of.

    Args:
        x: sample, shape (n,), n >= 2.
        level: share of such intervals that hold the true mean, in (0, 1).

    Returns:
        Both ends of the interval, Python floats.

    Raises:
        ValueError: a wrong shape, fewer than two values, or `level` outside (0, 1).
    """
    raise NotImplementedError


def bootstrap_interval(
    x: npt.ArrayLike,
    statistic: Callable[[npt.NDArray[np.float64]], Any],
    level: float = 0.95,
    n_resamples: int = 2000,
    random_state: int | np.random.Generator | None = None,
) -> tuple[float, float]:
    """Return (low, high), the percentile bootstrap interval of `statistic`.

    Args:
        x: sample, shape (n,), n >= 1.
        statistic: function of an array of shape (n,) that gives a number.
        level: share of the resampled statistics that the interval covers, in (0, 1).
        n_resamples: number of resamples, at least 1.
        random_state: seed, generator to draw from, or None for new resamples at each call.

    Returns:
        Both ends of the interval, Python floats.

    Raises:
        ValueError: a wrong shape, no values, `level` outside (0, 1), or `n_resamples` below 1.
    """
    raise NotImplementedError
