"""Negates the outer product before it converts: -1 is 255 in uint8.

Caught by: test_integers_do_not_wrap_around
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, float)
    if x.ndim == 0 or x.size == 0 or np.isneginf(x).all(-1).any():
        raise ValueError(f"no scores in a row of shape {x.shape}")
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output)
    if s.dtype.kind not in "iu":
        s = s.astype(float)
    if s.ndim == 0 or s.size == 0:
        raise ValueError(f"no probabilities in shape {s.shape}")
    diagonal = np.arange(s.shape[-1])
    jacobian = (-s[..., :, None] * s[..., None, :]).astype(float)
    jacobian[..., diagonal, diagonal] += s
    return jacobian
