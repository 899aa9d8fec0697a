"""Initial weights of a neural network's layers: the reference."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

RandomState = int | np.random.Generator | None
Float64Array = npt.NDArray[np.float64]


def xavier_uniform(fan_in: int, fan_out: int, random_state: RandomState = None) -> Float64Array:
    """Return uniform weights, shape (fan_in, fan_out), with mean 0 and variance 2 / (fan_in + fan_out).

    `ValueError` for a fan below 1. The variance of a uniform distribution on [-a, a] is a² / 3.
    """
    _check_fans(fan_in=fan_in, fan_out=fan_out)
    limit = math.sqrt(6.0 / (fan_in + fan_out))
    return np.random.default_rng(random_state).uniform(-limit, limit, size=(fan_in, fan_out))


def xavier_normal(fan_in: int, fan_out: int, random_state: RandomState = None) -> Float64Array:
    """Return normal weights, shape (fan_in, fan_out), with mean 0 and variance 2 / (fan_in + fan_out)."""
    _check_fans(fan_in=fan_in, fan_out=fan_out)
    deviation = math.sqrt(2.0 / (fan_in + fan_out))
    return np.random.default_rng(random_state).normal(0.0, deviation, size=(fan_in, fan_out))


def he_normal(fan_in: int, fan_out: int, random_state: RandomState = None) -> Float64Array:
    """Return normal weights, shape (fan_in, fan_out), with mean 0 and variance 2 / fan_in."""
    _check_fans(fan_in=fan_in, fan_out=fan_out)
    spread = math.sqrt(2.0 / fan_in)  # ReLU passes half of the signal's power on: twice the variance makes up for it
    return np.random.default_rng(random_state).normal(0.0, spread, size=(fan_in, fan_out))


def _check_fans(**fans: int) -> None:
    """Raise `ValueError` unless all are at least 1."""
    for name, fan in fans.items():
        if fan < 1:
            raise ValueError(f"{name} must be at least 1, got {fan}")
