"""Confidence intervals for a mean and for any statistic: the reference."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats


def mean_confidence_interval(x: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return (low, high), Student's interval for the mean of a sample `x`, shape (n,), n >= 2.

    `ValueError` for a wrong shape, for fewer than two values and for a level outside (0, 1).
    """
    sample = _sample(x, at_least=2)
    tail = _tail(level)
    t = stats.t.isf(tail, df=sample.size - 1)  # the quantile that leaves `tail` above it
    half = t * sample.std(ddof=1) / math.sqrt(sample.size)
    return float(sample.mean() - half), float(sample.mean() + half)


def bootstrap_interval(
    x: npt.ArrayLike,
    statistic: Callable[[npt.NDArray[np.float64]], Any],
    level: float = 0.95,
    n_resamples: int = 2000,
    random_state: int | np.random.Generator | None = None,
) -> tuple[float, float]:
    """Return (low, high), the quantiles of `statistic` over resamples of `x`, shape (n,), n >= 1.

    `ValueError` for a wrong shape, an empty sample, a level outside (0, 1) and for `n_resamples` below 1.
    """
    sample = _sample(x, at_least=1)
    tail = _tail(level)
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, got {n_resamples}")
    rng = np.random.default_rng(random_state)
    resamples = (rng.choice(sample, size=sample.size, replace=True) for _ in range(n_resamples))
    low, high = np.quantile([statistic(resample) for resample in resamples], [tail, 1 - tail])
    return float(low), float(high)


def _sample(x: npt.ArrayLike, at_least: int) -> npt.NDArray[np.float64]:
    """`x` as float64, shape (n,), with enough values."""
    sample = np.asarray(x, dtype=np.float64)
    if sample.ndim != 1 or sample.size < at_least:
        raise ValueError(f"x must have shape (n,), n at least {at_least}, got shape {sample.shape}")
    return sample


def _tail(level: float) -> float:
    """The probability that an interval of this level leaves out on each side."""
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, both excluded, got {level}")
    return (1 - level) / 2
