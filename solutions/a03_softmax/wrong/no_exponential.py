"""Divides the shifted scores by their sum.

Caught by: test_worked_example_of_two_rows
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or 0 in x.shape or np.any(x.max(axis=-1) == -np.inf):
        raise ValueError("no axis, an empty axis, or a row of -inf")
    powers = np.where(np.isneginf(x), 0.0, x)
    with np.errstate(all="ignore"):
        s = powers / powers.sum(axis=-1, keepdims=True)
    return s


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
