"""Fills the Jacobian entry by entry.

Caught by: test_the_derivative_is_vectorised
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or 0 in x.shape or np.any(x.max(axis=-1) == -np.inf):
        raise ValueError("no axis, an empty axis, or a row of -inf")
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    result = np.empty((*s.shape, s.shape[-1]))
    for place in np.ndindex(s.shape):
        for j in range(s.shape[-1]):
            result[(*place, j)] = s[place] * ((place[-1] == j) - s[(*place[:-1], j)])
    return result
