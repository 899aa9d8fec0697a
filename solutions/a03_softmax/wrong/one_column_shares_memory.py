"""Hands the argument back when there is a single class, made ones.

Caught by: test_arguments_stay_as_they_were_and_results_are_arrays_of_their_own
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or 0 in x.shape or np.any(x.max(axis=-1) == -np.inf):
        raise ValueError("no axis, an empty axis, or a row of -inf")
    if x.shape[-1] == 1:
        x[...] = 1.0
        return x
    x = x - x.max(axis=-1, keepdims=True)
    powers = np.exp(x)
    s = powers / powers.sum(axis=-1, keepdims=True)
    return s


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim == 0 or 0 in s.shape:
        raise ValueError("no axis, or an empty axis")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
