"""Statistics for `bootstrap_interval`. They run in the process of the subject, as thousands of calls are made."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

CALLS = count()


def mean(sample: Any) -> float:
    """The mean of `sample`, shape (n,)."""
    return float(np.mean(sample))


def median(sample: Any) -> float:
    """The median of `sample`, shape (n,)."""
    return float(np.median(sample))


def maximum(sample: Any) -> float:
    """The largest value of `sample`, shape (n,)."""
    return float(np.max(sample))


def size_if_float64(sample: Any) -> float:
    """The size of a one-dimensional float64 array, -1 for anything else."""
    is_sample = isinstance(sample, np.ndarray) and sample.dtype == np.float64 and sample.ndim == 1
    return float(sample.size) if is_sample else -1.0


def number_of_the_call(sample: Any) -> float:
    """How many calls came before this one."""
    return float(next(CALLS))
