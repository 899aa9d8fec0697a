"""Plain Python as in from-scratch repositories; quantiles are order statistics, without interpolation."""

import math
import random

import numpy as np
from scipy.stats import t as student


def to_list(x):
    values = np.asarray(x)
    if values.ndim != 1:
        raise ValueError("x must be one-dimensional")
    return [float(value) for value in values]


def mean_confidence_interval(x, level=0.95):
    values = to_list(x)
    n = len(values)
    if n < 2:
        raise ValueError("need two values or more")
    if not (level > 0 and level < 1):
        raise ValueError("level must be in (0, 1)")
    mean = sum(values) / n
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    t_crit = student.ppf(1 - (1 - level) / 2, n - 1)
    margin = t_crit * math.sqrt(variance / n)
    return (float(mean - margin), float(mean + margin))


def bootstrap_interval(x, statistic, level=0.95, n_resamples=2000, random_state=None):
    values = to_list(x)
    n = len(values)
    if n == 0:
        raise ValueError("x is empty")
    if not (level > 0 and level < 1):
        raise ValueError("level must be in (0, 1)")
    if n_resamples < 1:
        raise ValueError("need at least one resample")
    seed = random_state
    if isinstance(random_state, np.random.Generator):
        seed = int(random_state.integers(2**62))
    rng = random.Random(seed)
    results = []
    for _ in range(n_resamples):
        sample = [values[rng.randrange(n)] for _ in range(n)]
        results.append(float(statistic(np.array(sample))))
    results.sort()
    tail = (1 - level) / 2
    low = results[min(int(tail * n_resamples), n_resamples - 1)]
    high = results[min(int((1 - tail) * n_resamples), n_resamples - 1)]
    return (low, high)
