"""A Python loop over rows and entries.

Caught by: test_softmax_is_vectorised
"""

import math

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or 0 in x.shape or np.any(x.max(axis=-1) == -np.inf):
        raise ValueError("no axis, an empty axis, or a row of -inf")
    result = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        top = max(row)
        powers = [math.exp(value - top) for value in row]
        result.append([power / sum(powers) for power in powers])
    return np.array(result).reshape(x.shape)


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
