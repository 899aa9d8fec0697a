"""Fills in the first thousand Jacobians only.

Caught by: test_every_row_has_its_jacobian_however_many_there_are
"""

import numpy as np


def softmax(x):
    x = np.asarray(x, float)
    if x.ndim == 0 or x.size == 0 or np.isneginf(x).all(-1).any():
        raise ValueError(f"no scores in a row of shape {x.shape}")
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, float)
    if s.ndim == 0 or s.size == 0:
        raise ValueError(f"no probabilities in shape {s.shape}")
    jacobian = s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
    jacobian.reshape(-1, *jacobian.shape[-2:])[1000:] = 0.0
    return jacobian
