"""By the moments of the data: the gradient is A theta - b with A = X.T X / m and b = X.T y / m."""

import numpy as np


def gradient_descent_step(theta, X, y, learning_rate):
    theta, X, y = (np.asarray(a, dtype=np.double) for a in (theta, X, y))
    if X.ndim != 2 or min(X.shape) == 0:
        raise ValueError(f"X is {X.shape}")
    m, d = X.shape
    if theta.shape != (d,) or y.shape != (m,):
        raise ValueError(f"X is {X.shape}, and theta {theta.shape}, y {y.shape}")
    if learning_rate < 0:
        raise ValueError(f"learning_rate is {learning_rate}")
    A, b = X.T @ X / m, X.T @ y / m
    return theta - learning_rate * (A @ theta - b)
