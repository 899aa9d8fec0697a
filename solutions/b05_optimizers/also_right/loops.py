"""As in a first lesson: loops over samples and parameters, all three written out."""

import math

import numpy as np


def prepare(X, y, learning_rate, n_iterations, theta0, random_state):
    X = np.array(X, dtype=float)
    y = np.array(y, dtype=float)
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y) or len(y) == 0 or X.shape[1] == 0:
        raise ValueError(f"bad shapes: {X.shape} and {y.shape}")
    if learning_rate <= 0 or n_iterations < 1:
        raise ValueError("learning_rate must be positive, and n_iterations at least 1")
    if theta0 is None:
        rng = np.random.default_rng(random_state)
        theta = [0.01 * rng.standard_normal() for _ in range(X.shape[1])][::-1]
    else:
        theta0 = np.array(theta0, dtype=float)
        if theta0.shape != (X.shape[1],):
            raise ValueError(f"theta0 has shape {theta0.shape}, there are {X.shape[1]} columns")
        theta = theta0.tolist()
    return X.tolist(), y.tolist(), theta


def cost_and_gradient(theta, X, y):
    m = len(y)
    cost = 0.0
    gradient = [0.0] * len(theta)
    for row, target in zip(X, y, strict=True):
        error = sum(a * b for a, b in zip(row, theta, strict=True)) - target
        cost += error**2
        for j in range(len(theta)):
            gradient[j] += error * row[j]
    return cost / (2 * m), [g / m for g in gradient]


def vanilla_gradient_descent(X, y, learning_rate=0.01, n_iterations=1000, theta0=None, random_state=None):
    X, y, theta = prepare(X, y, learning_rate, n_iterations, theta0, random_state)
    history = []
    for _ in range(n_iterations):
        cost, gradient = cost_and_gradient(theta, X, y)
        history.append(cost)
        for j in range(len(theta)):
            theta[j] -= learning_rate * gradient[j]
    return np.array(theta), history


def momentum_gradient_descent(X, y, learning_rate=0.01, n_iterations=1000, theta0=None, random_state=None, beta=0.9):
    X, y, theta = prepare(X, y, learning_rate, n_iterations, theta0, random_state)
    if beta < 0 or beta >= 1:
        raise ValueError("beta must be in [0, 1)")
    v = [0.0] * len(theta)
    history = []
    for _ in range(n_iterations):
        cost, gradient = cost_and_gradient(theta, X, y)
        history.append(cost)
        for j in range(len(theta)):
            v[j] = beta * v[j] + learning_rate * gradient[j]
            theta[j] -= v[j]
    return np.array(theta), history


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
    X, y, theta = prepare(X, y, learning_rate, n_iterations, theta0, random_state)
    if not 0 <= beta1 < 1 or not 0 <= beta2 < 1 or epsilon <= 0:
        raise ValueError("betas must be in [0, 1), epsilon positive")
    m = [0.0] * len(theta)
    v = [0.0] * len(theta)
    history = []
    for t in range(n_iterations):
        cost, gradient = cost_and_gradient(theta, X, y)
        history.append(cost)
        for j in range(len(theta)):
            g = gradient[j]
            m[j] = beta1 * m[j] + (1 - beta1) * g
            v[j] = beta2 * v[j] + (1 - beta2) * g * g
            m_hat = m[j] / (1 - beta1 ** (t + 1))
            v_hat = v[j] / (1 - beta2 ** (t + 1))
            theta[j] -= learning_rate * m_hat / (math.sqrt(v_hat) + epsilon)
    return np.array(theta), history
