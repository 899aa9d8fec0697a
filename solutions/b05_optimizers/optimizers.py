"""Three optimizers on linear least squares: the reference."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Result = tuple[Float64Array, list[float]]
"""Final parameters, shape (d,), and the cost before each step."""


def vanilla_gradient_descent(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    learning_rate: float = 0.01,
    n_iterations: int = 1000,
    theta0: npt.ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
) -> Result:
    """Descend on `J = ||X theta - y||**2 / (2 m)` for samples (m, d) and targets (m,), from theta0 (d,) or a drawn start."""
    problem = _checked(X, y, learning_rate, n_iterations)
    theta, costs = _start(problem, theta0, random_state), []
    for _ in range(n_iterations):
        cost, gradient = problem.cost_and_gradient(theta)
        costs.append(cost)
        theta -= learning_rate * gradient
    return theta, costs


def momentum_gradient_descent(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    learning_rate: float = 0.01,
    n_iterations: int = 1000,
    theta0: npt.ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
    beta: float = 0.9,
) -> Result:
    """The same with momentum (Polyak 1964): a velocity keeps the share `beta` of its last value."""
    problem = _checked(X, y, learning_rate, n_iterations, beta=beta)
    theta, costs = _start(problem, theta0, random_state), []
    velocity = np.zeros_like(theta)
    for _ in range(n_iterations):
        cost, gradient = problem.cost_and_gradient(theta)
        costs.append(cost)
        velocity = beta * velocity + learning_rate * gradient
        theta -= velocity
    return theta, costs


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
    """The same by Adam (Kingma and Ba 2015): running means of gradients and of their squares."""
    problem = _checked(X, y, learning_rate, n_iterations, beta1=beta1, beta2=beta2)
    if epsilon <= 0:
        raise ValueError(f"epsilon must be above 0, got {epsilon}")
    theta, costs = _start(problem, theta0, random_state), []
    mean, mean_square = np.zeros_like(theta), np.zeros_like(theta)
    for t in range(1, n_iterations + 1):
        cost, gradient = problem.cost_and_gradient(theta)
        costs.append(cost)
        mean = beta1 * mean + (1 - beta1) * gradient
        mean_square = beta2 * mean_square + (1 - beta2) * gradient**2
        unbiased_mean = mean / (1 - beta1**t)  # both means began at 0, and are too small by this factor
        unbiased_square = mean_square / (1 - beta2**t)
        theta -= learning_rate * unbiased_mean / (np.sqrt(unbiased_square) + epsilon)
    return theta, costs


class _LeastSquares(NamedTuple):
    X: Float64Array
    y: Float64Array

    def cost_and_gradient(self, theta: Float64Array) -> tuple[float, Float64Array]:
        m = len(self.y)
        errors = self.X @ theta - self.y
        return float(errors @ errors) / (2 * m), np.asarray(self.X.T @ errors / m)


def _checked(
    X: npt.ArrayLike, y: npt.ArrayLike, learning_rate: float, n_iterations: int, **betas: float
) -> _LeastSquares:
    samples, targets = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if samples.ndim != 2 or samples.size == 0:
        raise ValueError(f"X must have shape (m, d), no axis of length zero, got shape {samples.shape}")
    if targets.shape != samples.shape[:1]:
        raise ValueError(f"y must have shape ({len(samples)},), one target per row of X, got shape {targets.shape}")
    if learning_rate <= 0:
        raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
    if n_iterations < 1:
        raise ValueError(f"n_iterations must be at least 1, got {n_iterations}")
    for name, beta in betas.items():
        if not 0 <= beta < 1:
            raise ValueError(f"{name} must be in [0, 1), got {beta}")
    return _LeastSquares(samples, targets)


def _start(
    problem: _LeastSquares, theta0: npt.ArrayLike | None, random_state: int | np.random.Generator | None
) -> Float64Array:
    """A copy of `theta0`, which steps may be written into, or draws from N(0, 0.01**2)."""
    d = problem.X.shape[1]
    if theta0 is None:
        return np.random.default_rng(random_state).normal(0.0, 0.01, size=(d,))
    theta = np.array(theta0, dtype=np.float64)
    if theta.shape != (d,):
        raise ValueError(f"theta0 must have shape ({d},), got shape {theta.shape}")
    return theta
