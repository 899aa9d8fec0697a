"""Inverted dropout, forward and backward: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def dropout(x: npt.ArrayLike, rate: float, uniforms: npt.ArrayLike, training: bool = True) -> tuple[Float64Array, Mask]:
    """Drop entries whose uniform is below `rate`, divide the others by 1 - rate; return them and what is kept.

    Srivastava et al.: Dropout, 2014. Raises `ValueError` for a rate out of range and shapes that differ.
    """
    activations, draws = np.array(x, dtype=np.float64), np.asarray(uniforms, dtype=np.float64)
    _check(activations, "x", draws, "uniforms", rate)
    if not training:
        return activations, np.ones(activations.shape, dtype=np.bool_)
    mask = np.asarray(draws >= rate)
    return np.where(mask, activations / (1.0 - rate), 0.0), mask


def dropout_backward(dout: npt.ArrayLike, mask: npt.ArrayLike, rate: float) -> Float64Array:
    """Return the gradient in x: that in the output where the entry was kept, divided by 1 - rate.

    Raises `ValueError` for a rate out of range and shapes that differ.
    """
    upstream, kept = np.asarray(dout, dtype=np.float64), np.asarray(mask, dtype=np.bool_)
    _check(upstream, "dout", kept, "mask", rate)
    return np.where(kept, upstream / (1.0 - rate), 0.0)


def _check(
    first: Float64Array, first_name: str, second: npt.NDArray[np.generic], second_name: str, rate: float
) -> None:
    """Raise `ValueError` for a rate out of range, an empty array, or shapes that differ."""
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be from 0 to below 1, got {rate}")
    if first.size == 0:
        raise ValueError(f"{first_name} must have no axis of length zero, got shape {first.shape}")
    if first.shape != second.shape:
        raise ValueError(f"{second_name} must have the shape of {first_name}, {first.shape}, got shape {second.shape}")
