"""Softmax over the last axis with mask and temperature, its logarithm, and its Jacobian: the reference of the follow-up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def softmax(x: npt.ArrayLike, temperature: float = 1.0, where: npt.ArrayLike | None = None) -> Float64Array:
    """Return softmax over the last axis (Bridle, 1990) of `x / temperature`, x of shape (..., C), in the same shape.

    `where` (boolean, broadcasts to x) is False for entries that are masked, as minus infinity is: they get exactly 0. Raises
    `ValueError` for a row without an entry that counts, and for a temperature that is not above 0.
    """
    powers = np.exp(_shifted(x, temperature, where))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def log_softmax(x: npt.ArrayLike, temperature: float = 1.0, where: npt.ArrayLike | None = None) -> Float64Array:
    """Return the logarithm of `softmax` of the same arguments, exact where the probability underflows; -inf where masked.

    Errors are those of `softmax`.
    """
    scores = _shifted(x, temperature, where)
    # The sum lies between 1 and C, as the largest score is 0: its logarithm is harmless.
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True)))


def softmax_derivative(softmax_output: npt.ArrayLike) -> Float64Array:
    """Return the Jacobian `s_i (delta_ij - s_j)`, shape (..., C, C), of an output of softmax, shape (..., C)."""
    s = _rows(softmax_output, "softmax_output")
    identity = np.eye(s.shape[-1])
    return s[..., :, None] * (identity - s[..., None, :])


def _shifted(x: npt.ArrayLike, temperature: float, where: npt.ArrayLike | None) -> Float64Array:
    """Scores over temperature, shifted so that the largest of each row is 0, minus infinity where masked."""
    scores = _rows(x, "x")
    if temperature <= 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    if where is not None:
        # Before the maximum: what is masked may be anything, and must not be looked at.
        scores = np.where(where, scores, -np.inf)
    largest = scores.max(axis=-1, keepdims=True)
    if np.any(largest == -np.inf):
        raise ValueError("each row must have an entry that counts, got a row that is masked throughout")
    return np.asarray((scores - largest) / temperature)


def _rows(values: npt.ArrayLike, name: str) -> Float64Array:
    """`values` as a float64 array of one axis or more, none of length zero; `ValueError` for anything else."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"{name} must have shape (..., C), no axis of length zero, got shape {array.shape}")
    return array
