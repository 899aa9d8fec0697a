"""Three optimizers on linear least squares: gradient descent, momentum and Adam."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Result = tuple[npt.NDArray[np.float64], list[float]]
"""Final parameters, shape (d,), and the cost before each step."""


def vanilla_gradient_descent(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    learning_rate: float = 0.01,
    n_iterations: int = 1000,
    theta0: npt.ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
) -> Result:
    """Descend on `J = ||X theta - y||**2 / (2 m)`; X has shape (m, d), y (m,), theta0 (d,) or None for a drawn start.

    Raises `ValueError` for any other shape, an axis of length zero, or a parameter out of range.
    """
    raise NotImplementedError


def momentum_gradient_descent(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    learning_rate: float = 0.01,
    n_iterations: int = 1000,
    theta0: npt.ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
    beta: float = 0.9,
) -> Result:
    """The same with momentum: a velocity keeps the share `beta`, in [0, 1), of its last value."""
    raise NotImplementedError


def adam_optimizer(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    learning_rate: float = 0.01,
    n_iterations: int = 1000,
    theta0: npt.ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Result:
    """The same by Adam: running means of gradients and of their squares, with `beta1` and `beta2` in [0, 1)."""
    raise NotImplementedError
