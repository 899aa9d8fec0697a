"""One step of gradient descent for linear least squares: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def gradient_descent_step(
    theta: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, learning_rate: float
) -> Float64Array:
    """Return parameters (d,) after one step on `||X theta - y||**2 / (2 m)`, for samples (m, d) and targets (m,).

    Raises `ValueError` for any other shapes, an axis of length zero and a negative learning rate.
    """
    theta, X, y = (np.asarray(argument, dtype=np.float64) for argument in (theta, X, y))
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"X must have shape (m, d), no axis of length zero, got shape {X.shape}")
    m, d = X.shape
    if theta.shape != (d,):
        raise ValueError(f"theta must have shape ({d},), got shape {theta.shape}")
    if y.shape != (m,):
        raise ValueError(f"y must have shape ({m},), got shape {y.shape}")
    if learning_rate < 0:
        raise ValueError(f"learning_rate must be at least 0, got {learning_rate}")

    residuals = X @ theta - y
    gradient = X.T @ residuals / m  # the 2 of the square has cancelled with the 1/2 of the cost
    return np.asarray(theta - learning_rate * gradient)
