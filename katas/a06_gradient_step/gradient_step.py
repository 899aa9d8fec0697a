"""One step of gradient descent for linear least squares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def gradient_descent_step(
    theta: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, learning_rate: float
) -> npt.NDArray[np.float64]:
    """Return the parameters after one step of gradient descent on `J = ||X theta - y||**2 / (2 m)`.

    Args:
        theta: parameters, shape (d,).
        X: samples, shape (m, d), m and d at least 1.
        y: targets, shape (m,).
        learning_rate: factor of the gradient, at least 0.

    Returns:
        The new parameters, a new array of shape (d,).

    Raises:
        ValueError: a wrong shape, an axis of length zero, or a negative learning rate.
    """
    raise NotImplementedError
