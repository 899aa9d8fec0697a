"""Softmax over the last axis and its Jacobian: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def softmax(x: npt.ArrayLike) -> Float64Array:
    """Return softmax over the last axis (Bridle, 1990) of scores of shape (..., C), in the same shape.

    Minus infinity masks an entry. Raises `ValueError` for a single number, an empty axis, or a row that is masked throughout.
    """
    scores = _rows(x, "x")
    largest = scores.max(axis=-1, keepdims=True)
    if np.any(largest == -np.inf):
        raise ValueError("each row of x must have an entry above minus infinity, got a row that is masked throughout")
    # Softmax does not change when a row is shifted; with its largest score at 0, no exponential overflows.
    powers = np.exp(scores - largest)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def softmax_derivative(softmax_output: npt.ArrayLike) -> Float64Array:
    """Return the Jacobian `s_i (delta_ij - s_j)`, shape (..., C, C), of an output of softmax, shape (..., C).

    Raises `ValueError` for a single number or an empty axis.
    """
    s = _rows(softmax_output, "softmax_output")
    identity = np.eye(s.shape[-1])
    return s[..., :, None] * (identity - s[..., None, :])


def _rows(values: npt.ArrayLike, name: str) -> Float64Array:
    """`values` as float64 with at least one axis, none of them empty."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or 0 in array.shape:
        raise ValueError(f"{name} must have one axis or more, none of length zero, got shape {array.shape}")
    return array
