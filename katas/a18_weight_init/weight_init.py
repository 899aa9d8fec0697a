"""Initial weights of a neural network's layers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RandomState = int | np.random.Generator | None
Float64Array = npt.NDArray[np.float64]


def xavier_uniform(fan_in: int, fan_out: int, random_state: RandomState = None) -> Float64Array:
    """Return weights, uniform about 0, with variance 2 / (fan_in + fan_out).

    Args:
        fan_in: number of inputs of the layer, at least 1.
        fan_out: number of outputs, at least 1.
        random_state: seed, generator to draw from, or None for new numbers at each call.

    Returns:
        Float64 array of shape (fan_in, fan_out).

    Raises:
        ValueError: `fan_in` or `fan_out` is below 1.
    """
    raise NotImplementedError


def xavier_normal(fan_in: int, fan_out: int, random_state: RandomState = None) -> Float64Array:
    """Return weights of shape (fan_in, fan_out), normal about 0, with variance 2 / (fan_in + fan_out).

    Arguments and errors as in `xavier_uniform`.
    """
    raise NotImplementedError


def he_normal(fan_in: int, fan_out: int, random_state: RandomState = None) -> Float64Array:
    """Return weights of shape (fan_in, fan_out), normal about 0, with variance 2 / fan_in.

    Arguments and errors as in `xavier_uniform`.
    """
    raise NotImplementedError
