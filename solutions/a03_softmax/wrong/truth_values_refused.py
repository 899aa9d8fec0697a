"""Refuses truth values.

Caught by: test_truth_values_count_as_0_and_1
"""

import numpy as np


def softmax(x):
    if np.asarray(x).dtype == bool:
        raise TypeError("numbers expected")
    x = np.asarray(x, float)
    if x.ndim == 0 or x.size == 0 or np.isneginf(x).all(-1).any():
        raise ValueError(f"no scores in a row of shape {x.shape}")
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, float)
    if s.ndim == 0 or s.size == 0:
        raise ValueError(f"no probabilities in shape {s.shape}")
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
