"""scipy.stats does the first one, but for samples without spread; indices for all resamples are drawn at once."""

import numpy as np
from scipy import stats


def mean_confidence_interval(x, level=0.95):
    a = np.array(x, dtype=float)
    if a.ndim != 1:
        raise ValueError(f"expected one dimension, got {a.ndim}")
    if len(a) < 2:
        raise ValueError("at least two values are needed")
    if level <= 0 or level >= 1:
        raise ValueError(f"level is a share between 0 and 1, got {level}")
    error = stats.sem(a)
    if error == 0:
        return float(a.mean()), float(a.mean())
    low, high = stats.t.interval(level, len(a) - 1, loc=a.mean(), scale=error)
    return float(low), float(high)


def bootstrap_interval(x, statistic, level=0.95, n_resamples=2000, random_state=None):
    a = np.array(x, dtype=float)
    if a.ndim != 1 or len(a) == 0:
        raise ValueError(f"expected shape (n,), got {a.shape}")
    if level <= 0 or level >= 1:
        raise ValueError(f"level is a share between 0 and 1, got {level}")
    if n_resamples <= 0:
        raise ValueError("n_resamples must be positive")
    picks = np.random.default_rng(random_state).integers(0, len(a), size=(n_resamples, len(a)))
    values = np.array([statistic(a[row]) for row in picks])
    alpha = 100 * (1 - level)
    return float(np.percentile(values, alpha / 2)), float(np.percentile(values, 100 - alpha / 2))
