"""Softmax over the last axis and its Jacobian: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def softmax(x: npt.ArrayLike) -> Float64Array:
    """Return softmax over the last axis (Bridle, 1990) of scores of shape (..., C), in the same shape.

    Minus infinity masks an entry.
    """
    scores = np.asarray(x, dtype=np.float64)
    # Softmax does not change when a row is shifted; with its largest score at 0, no exponential overflows.
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def softmax_derivative(softmax_output: npt.ArrayLike) -> Float64Array:
    """Return the Jacobian `s_i (delta_ij - s_j)`, shape (..., C, C), of an output of softmax, shape (..., C)."""
    s = np.asarray(softmax_output, dtype=np.float64)
    identity = np.eye(s.shape[-1])
    return s[..., :, None] * (identity - s[..., None, :])
