"""A diagonal matrix.

Caught by: test_the_jacobian_equals_the_definition
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or 0 in x.shape or np.any(x.max(axis=-1) == -np.inf):
        raise ValueError("no axis, an empty axis, or a row of -inf")
    x = x - x.max(axis=-1, keepdims=True)
    powers = np.exp(x)
    s = powers / powers.sum(axis=-1, keepdims=True)
    return s


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    return np.eye(s.shape[-1]) * (s * (1 - s))[..., None, :]
