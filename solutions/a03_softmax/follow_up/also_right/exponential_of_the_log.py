"""Only the logarithm is computed, by log1p of what stands beside the largest; softmax is its exponential."""

import numpy as np


def log_softmax(x, temperature=1.0, where=None):
    x = np.array(x, dtype=np.float64)
    if x.ndim < 1 or x.size < 1:
        raise ValueError(f"x must have elements along an axis, got shape {x.shape}")
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"the temperature must be finite and positive, got {temperature}")
    keep = np.asarray(True if where is None else where)
    if keep.dtype.kind != "b":
        raise ValueError(f"where must be boolean, got {keep.dtype}")
    if np.broadcast_shapes(keep.shape, x.shape) != x.shape:
        raise ValueError(f"where must broadcast to {x.shape}, got {keep.shape}")
    np.copyto(x, -np.inf, where=~keep)
    top = np.max(x, axis=-1, keepdims=True)
    if np.isneginf(top).any():
        raise ValueError("nothing counts in a row")
    x -= top
    x /= temperature
    return x - np.log1p(np.exp(x).sum(axis=-1, keepdims=True) - 1)


def softmax(x, temperature=1.0, where=None):
    return np.exp(log_softmax(x, temperature, where))


def softmax_derivative(softmax_output):
    s = np.asarray(softmax_output, dtype=np.float64)
    if s.ndim < 1 or s.size < 1:
        raise ValueError(f"expected probabilities along an axis, got shape {s.shape}")
    return np.einsum("...i,ij->...ij", s, np.eye(s.shape[-1])) - np.einsum("...i,...j->...ij", s, s)
