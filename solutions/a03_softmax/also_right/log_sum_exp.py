"""By the logarithm of the sum of exponentials, and a Jacobian by einsum."""

import numpy as np


def softmax(x):
    scores = np.array(x, dtype=float)
    if scores.ndim < 1 or scores.size < 1:
        raise ValueError(f"nothing to normalise in shape {scores.shape}")
    top = scores.max(axis=-1, keepdims=True)
    if not np.all(top > -np.inf):
        raise ValueError("a row is masked throughout")
    return np.exp(scores - (top + np.log(np.exp(scores - top).sum(axis=-1, keepdims=True))))


def softmax_derivative(softmax_output):
    s = np.array(softmax_output, dtype=float)
    if s.ndim < 1 or s.size < 1:
        raise ValueError(f"no probabilities in shape {s.shape}")
    jacobian = -np.einsum("...i,...j->...ij", s, s)
    diagonal = np.arange(s.shape[-1])
    jacobian[..., diagonal, diagonal] += s
    return jacobian
