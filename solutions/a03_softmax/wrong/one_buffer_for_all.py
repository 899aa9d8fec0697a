"""Keeps one array for each shape and gives it out again: the next call changes earlier results.

Caught by: test_a_result_does_not_change_at_the_next_call
"""

import numpy as np


BUFFERS = {}


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
    jacobian = BUFFERS.setdefault(s.shape, np.empty((*s.shape, s.shape[-1])))
    jacobian[:] = s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
    return jacobian
