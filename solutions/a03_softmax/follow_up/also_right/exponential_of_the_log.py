"""Only the logarithm is computed; softmax is its exponential. The temperature divides first."""

import numpy as np


def log_softmax(x, temperature=1.0, where=None):
    x = np.array(x, dtype=np.float64)
    if x.ndim < 1 or x.size < 1:
        raise ValueError(f"nothing to normalise in shape {x.shape}")
    if not temperature > 0:
        raise ValueError(f"the temperature must be positive, got {temperature}")
    if where is not None:
        x[~np.broadcast_to(where, x.shape)] = -np.inf
    if np.isneginf(x).all(axis=-1).any():
        raise ValueError("nothing counts in a row")
    z = x / temperature
    z -= np.max(z, axis=-1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def softmax(x, temperature=1.0, where=None):
    return np.exp(log_softmax(x, temperature, where))


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim < 1 or s.size < 1:
        raise ValueError(f"no probabilities in shape {s.shape}")
    return np.einsum("...i,ij->...ij", s, np.eye(s.shape[-1])) - np.einsum("...i,...j->...ij", s, s)
