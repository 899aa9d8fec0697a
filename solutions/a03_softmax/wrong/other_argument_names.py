"""Calls its arguments something else.

Caught by: test_arguments_may_be_given_by_name
"""

import numpy as np


def softmax(scores):
    x = np.asarray(scores, float)
    if x.ndim == 0 or x.size == 0 or np.isneginf(x).all(-1).any():
        raise ValueError(f"no scores in a row of shape {x.shape}")
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_derivative(s):
    s = np.asarray(s, float)
    if s.ndim == 0 or s.size == 0:
        raise ValueError(f"no probabilities in shape {s.shape}")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
