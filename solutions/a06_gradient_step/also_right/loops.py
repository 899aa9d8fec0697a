"""Two loops over lists, as in a first lesson: predictions, then the gradient of each parameter, then all updates."""

import numpy as np


def gradient_descent_step(theta, X, y, learning_rate):
    theta = np.asarray(theta).astype(float)
    X = np.asarray(X).astype(float)
    y = np.asarray(y).astype(float)
    if theta.ndim != 1 or X.ndim != 2 or y.ndim != 1:
        raise ValueError(f"expected (d,), (m, d) and (m,), got {theta.shape}, {X.shape} and {y.shape}")
    if len(X) != len(y):
        raise ValueError(f"{len(X)} samples, but {len(y)} targets")
    if X.shape[1] != len(theta):
        raise ValueError(f"{X.shape[1]} columns, but {len(theta)} parameters")
    if len(y) == 0 or len(theta) == 0:
        raise ValueError("there must be a sample and a parameter")
    if learning_rate < 0:
        raise ValueError("the learning rate is negative")

    m, n = X.shape
    predictions = []
    for i in range(m):
        prediction = 0.0
        for j in range(n):
            prediction += theta[j] * X[i, j]
        predictions.append(prediction)

    new_theta = np.zeros(n)
    for j in range(n):
        gradient = 0.0
        for i in range(m):
            gradient += (predictions[i] - y[i]) * X[i, j]
        new_theta[j] = theta[j] - learning_rate * gradient / m
    return new_theta
