"""Sigmoid and its derivative: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def sigmoid(x: npt.ArrayLike) -> Float64Array:
    """Return the logistic sigmoid of each entry of `x`, any shape; `ValueError` for an axis of length zero."""
    values = _checked(x)
    # 1 / (1 + z) for x >= 0, and z / (1 + z) for x < 0: exp of a negative number cannot overflow.
    z = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, z) / (1.0 + z))


def sigmoid_derivative(x: npt.ArrayLike) -> Float64Array:
    """Return the derivative at each entry of `x`, any shape; `ValueError` for an axis of length zero."""
    # σ(x) σ(-x), the product of the two formulas above. Even in x, and free of the difference 1 - σ.
    z = np.exp(-np.abs(_checked(x)))
    return np.asarray(z / (1.0 + z) ** 2)


def _checked(x: npt.ArrayLike) -> Float64Array:
    """`x` as a float64 array; `ValueError` unless it has an element."""
    values = np.asarray(x, dtype=np.float64)
    if values.size == 0:
        raise ValueError(f"x must have no axis of length zero, got shape {values.shape}")
    return values
