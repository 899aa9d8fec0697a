"""One loop for all, with a generator of steps per optimizer; momentum as PyTorch writes it, the rate outside."""

import numpy as np


def _run(X, y, learning_rate, n_iterations, theta0, random_state, steps, betas=(), epsilon=1.0):
    X, y = np.asarray(X, np.float64), np.asarray(y, np.float64)
    if X.ndim != 2 or 0 in X.shape or y.shape != X.shape[:1]:
        raise ValueError(f"X {X.shape}, y {y.shape}")
    if not (learning_rate > 0 and n_iterations >= 1 and epsilon > 0 and all(0 <= b < 1 for b in betas)):
        raise ValueError("a parameter is out of range")
    m, d = X.shape
    if theta0 is None:
        theta0 = np.random.default_rng(random_state).normal(scale=0.01, size=d)
    theta = np.asarray(theta0, np.float64)
    if theta.shape != (d,):
        raise ValueError(f"theta0 {theta.shape}")
    A, b, c = X.T @ X / m, X.T @ y / m, y @ y / m
    history = np.zeros(n_iterations)
    generator = steps(d)
    next(generator)
    for t in range(n_iterations):
        history[t] = 0.5 * np.mean((X @ theta - y) ** 2) if c else 0.5 * theta @ A @ theta
        theta = theta - learning_rate * generator.send(A @ theta - b)
    return theta, history


def vanilla_gradient_descent(X, y, learning_rate=0.01, n_iterations=1000, theta0=None, random_state=None):
    def steps(d):
        g = np.zeros(d)
        while True:
            g = yield g

    return _run(X, y, learning_rate, n_iterations, theta0, random_state, steps)


def momentum_gradient_descent(X, y, learning_rate=0.01, n_iterations=1000, theta0=None, random_state=None, beta=0.9):
    def steps(d):
        buffer = np.zeros(d)
        while True:
            buffer = beta * buffer + (yield buffer)

    return _run(X, y, learning_rate, n_iterations, theta0, random_state, steps, [beta])


def adam_optimizer(
    X,
    y,
    learning_rate=0.01,
    n_iterations=1000,
    theta0=None,
    random_state=None,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
):
    def steps(d):
        first, second, share1, share2 = np.zeros(d), np.zeros(d), 1.0, 1.0
        step = np.zeros(d)
        while True:
            g = yield step
            first += (1 - beta1) * (g - first)
            second += (1 - beta2) * (g * g - second)
            share1 *= beta1
            share2 *= beta2
            step = first / (1 - share1) / (np.sqrt(second / (1 - share2)) + epsilon)

    return _run(X, y, learning_rate, n_iterations, theta0, random_state, steps, [beta1, beta2], epsilon)
