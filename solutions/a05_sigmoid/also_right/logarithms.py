"""By logarithms: log σ(x) = -log(1 + exp(-x)), which logaddexp computes without overflow."""

import numpy as np


def log_sigmoid(x):
    return -np.logaddexp(0.0, -x)


def sigmoid(x):
    x = np.array(x, np.float64)
    if 0 in x.shape:
        raise ValueError(f"an axis of length zero: {x.shape}")
    return np.exp(log_sigmoid(x))


def sigmoid_derivative(x):
    x = np.array(x, np.float64)
    if 0 in x.shape:
        raise ValueError(f"an axis of length zero: {x.shape}")
    return np.exp(log_sigmoid(x) + log_sigmoid(-x))
