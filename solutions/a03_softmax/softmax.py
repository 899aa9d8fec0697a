"""Softmax over the last axis and its Jacobian: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def softmax(x: npt.ArrayLike) -> Float64Array:
    """Return softmax over the last axis (Bridle, 1990) of scores of shape (..., C), in the same shape.

    Minus infinity masks an entry; raises `ValueError` for a wrong shape, and for a row in which all entries are masked.
    """
    scores = _rows(x, "x")
    largest = scores.max(axis=-1, keepdims=True)
    if np.any(largest == -np.inf):
        raise ValueError("x must have an entry above -inf in each row, got a row of -inf only")
    # Softmax does not change when a row is shifted; with its largest score at 0, no exponential overflows.
    powers = np.exp(scores - largest)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def softmax_derivative(softmax_output: npt.ArrayLike) -> Float64Array:
    """Return the Jacobian `s_i (delta_ij - s_j)`, shape (..., C, C), of an output of softmax, shape (..., C)."""
    s = _rows(softmax_output, "softmax_output")
    identity = np.eye(s.shape[-1])
    return s[..., :, None] * (identity - s[..., None, :])


def _rows(values: npt.ArrayLike, name: str) -> Float64Array:
    """`values` as a float64 array of one axis or more, none of length zero; `ValueError` for anything else."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must have shape (..., C), no axis of length zero, got shape {array.shape}")
    return array
