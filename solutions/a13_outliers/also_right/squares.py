"""Squared deviations against the variance, without a root; the distance outside of the quartiles by clipping."""

import numpy as np


def vector(x, limit):
    x = np.array(x, dtype=float)
    if x.ndim != 1 or not len(x):
        raise ValueError(f"expected shape (n,), got {x.shape}")
    if not limit >= 0:
        raise ValueError(f"expected a limit of at least 0, got {limit}")
    return x


def zscore_outliers(x, threshold=3.0):
    x = vector(x, threshold)
    x -= x[0]  # equal values are now exactly 0, and so is their mean
    squares = (x - x.mean()) ** 2
    return squares > threshold**2 * squares.mean()


def iqr_outliers(x, factor=1.5):
    x = vector(x, factor)
    q1, q3 = np.percentile(x, 25), np.percentile(x, 75)
    outside = np.abs(x - np.clip(x, q1, q3))
    return outside > factor * (q3 - q1)
