"""Sigmoid and its derivative."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def sigmoid(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the logistic sigmoid `1 / (1 + exp(-x))` of each entry.

    Args:
        x: numbers, any shape without an axis of length zero.

    Returns:
        An array of the shape of `x`, with values from 0 to 1; accurate where they are tiny, too.

    Raises:
        ValueError: an axis of `x` has length zero.
    """
    raise NotImplementedError


def sigmoid_derivative(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the derivative of the sigmoid at each entry.

    Args:
        x: numbers, any shape without an axis of length zero: what `sigmoid` takes, not what it returns.

    Returns:
        An array of the shape of `x`, with values from 0 to 1/4; accurate in both tails.

    Raises:
        ValueError: an axis of `x` has length zero.
    """
    raise NotImplementedError
