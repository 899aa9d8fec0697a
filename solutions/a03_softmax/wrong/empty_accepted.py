"""Returns nothing for nothing.

Caught by: test_single_numbers_and_empty_axes_are_an_error
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.size == 0:
        return x.copy()
    if x.ndim == 0 or np.any(x.max(axis=-1) == -np.inf):
        raise ValueError("shape")
    x = x - x.max(axis=-1, keepdims=True)
    powers = np.exp(x)
    s = powers / powers.sum(axis=-1, keepdims=True)
    return s


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
