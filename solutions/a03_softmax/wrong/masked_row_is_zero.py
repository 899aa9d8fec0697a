"""A masked row gets zeros.

Caught by: test_a_row_that_is_masked_throughout_is_an_error
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or 0 in x.shape:
        raise ValueError("shape")
    top = x.max(axis=-1, keepdims=True)
    x = x - np.where(np.isneginf(top), 0, top)
    powers = np.exp(x)
    total = powers.sum(axis=-1, keepdims=True)
    s = powers / np.where(total == 0, 1, total)
    return s


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
