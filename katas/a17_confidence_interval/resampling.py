"""A statistic for `bootstrap_interval`; it runs in the process of the subject."""

from __future__ import annotations

from typing import Any

import numpy as np


def size_if_float64(sample: Any) -> float:
    """The size of a one-dimensional float64 array, -1 for anything else."""
    is_sample = isinstance(sample, np.ndarray) and sample.dtype == np.float64 and sample.ndim == 1
    return float(sample.size) if is_sample else -1.0
