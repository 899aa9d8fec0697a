"""By the logarithm of the sum of exponentials, and a Jacobian by einsum."""

import numpy as np


def softmax(x):
    scores = np.array(x, dtype=float)
    if scores.ndim < 1 or scores.size == 0:
        raise ValueError(f"x needs one axis or more and at least one entry on each, got shape {scores.shape}")
    if np.isneginf(scores).all(axis=-1).any():
        raise ValueError("a row of x is -inf throughout")
    top = scores.max(axis=-1, keepdims=True)
    return np.exp(scores - (top + np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))))


def softmax_derivative(softmax_output):
    s = np.array(softmax_output, dtype=float)
    if s.ndim < 1 or s.size == 0:
        raise ValueError(f"softmax_output needs one axis or more and at least one entry on each, got shape {s.shape}")
    jacobian = -np.einsum("...i,...j->...ij", s, s)
    diagonal = np.arange(s.shape[-1])
    jacobian[..., diagonal, diagonal] += s
    return jacobian
