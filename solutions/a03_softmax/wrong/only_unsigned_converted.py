"""Converts unsigned integers only: int8 wraps around too.

Caught by: test_integers_do_not_wrap_around
"""

import numpy as np


def softmax(x):
    x = np.asarray(x)
    if x.dtype.kind != "i":
        x = x.astype(float)
    if x.ndim == 0 or x.size == 0 or np.isneginf(x).all(-1).any():
        raise ValueError(f"no scores in a row of shape {x.shape}")
    e = np.exp((x - x.max(-1, keepdims=True)).astype(float))
    return e / e.sum(-1, keepdims=True)


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, float)
    if s.ndim == 0 or s.size == 0:
        raise ValueError(f"no probabilities in shape {s.shape}")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
