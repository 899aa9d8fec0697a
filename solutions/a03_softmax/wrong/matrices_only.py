"""Knows vectors and matrices only.

Caught by: test_results_are_float64_arrays_of_the_right_shape
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
    if s.ndim == 0 or 0 in s.shape or s.ndim > 2:
        raise ValueError("a vector or a matrix is expected")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
