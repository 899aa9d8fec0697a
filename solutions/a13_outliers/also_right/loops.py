"""Plain Python, the way it is written on a whiteboard."""

import math

import numpy as np


def zscore_outliers(x, threshold=3.0):
    if np.ndim(x) != 1 or len(x) == 0:
        raise ValueError("x must be a non-empty one-dimensional sequence")
    if threshold < 0:
        raise ValueError("threshold must not be negative")
    data = [float(v) for v in x]
    if min(data) == max(data):
        return np.array([False] * len(data))
    mean = sum(data) / len(data)
    variance = sum((v - mean) ** 2 for v in data) / len(data)
    std = math.sqrt(variance)
    mask = []
    for v in data:
        z = (v - mean) / std
        mask.append(bool(abs(z) > threshold))
    return np.array(mask)


def quartile(data, q):
    ordered = sorted(data)
    position = q * (len(ordered) - 1)
    below = math.floor(position)
    above = math.ceil(position)
    weight = position - below
    return ordered[below] + weight * (ordered[above] - ordered[below])


def iqr_outliers(x, factor=1.5):
    if np.ndim(x) != 1 or len(x) == 0:
        raise ValueError("x must be a non-empty one-dimensional sequence")
    if factor < 0:
        raise ValueError("factor must not be negative")
    data = [float(v) for v in x]
    q1 = quartile(data, 0.25)
    q3 = quartile(data, 0.75)
    lower_bound = q1 - factor * (q3 - q1)
    upper_bound = q3 + factor * (q3 - q1)
    return np.array([v < lower_bound or v > upper_bound for v in data])
