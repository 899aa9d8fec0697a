"""Softmax over the last axis, and its Jacobian."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def softmax(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the softmax of `x` over its last axis.

    Args:
        x: scores, shape (..., C), one axis or more. Minus infinity masks an entry: it gets exactly 0.

    Returns:
        Probabilities, an array of the shape of `x`; they sum to 1 over the last axis.

    Raises:
        ValueError: a single number, an axis of length zero, or a row of minus infinity only.
    """
    raise NotImplementedError


def softmax_derivative(softmax_output: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the Jacobian of softmax, given what softmax returned.

    Args:
        softmax_output: probabilities `s = softmax(x)`, shape (..., C).

    Returns:
        An array of shape (..., C, C): entry [..., i, j] is the derivative of `s[..., i]` with respect to `x[..., j]`.

    Raises:
        ValueError: a single number, or an axis of length zero.
    """
    raise NotImplementedError
