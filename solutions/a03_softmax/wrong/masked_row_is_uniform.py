"""A masked row shares equally.

Caught by: test_a_row_that_is_masked_throughout_is_an_error
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or 0 in x.shape:
        raise ValueError("shape")
    x = np.where(x.max(axis=-1, keepdims=True) == -np.inf, 0.0, x)
    x = x - x.max(axis=-1, keepdims=True)
    powers = np.exp(x)
    s = powers / powers.sum(axis=-1, keepdims=True)
    return s


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
