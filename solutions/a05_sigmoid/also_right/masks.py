"""The two formulas, each given only the entries for which it is safe."""

import numpy as np


def sigmoid(x):
    x = np.asarray(x, dtype=float)
    if x.size == 0:
        raise ValueError(f"x has no elements, its shape is {x.shape}")
    positive = x >= 0
    negative = ~positive
    result = np.empty(x.shape)
    result[positive] = 1 / (1 + np.exp(-x[positive]))
    power = np.exp(x[negative])
    result[negative] = power / (1 + power)
    return result


def sigmoid_derivative(x):
    x = np.asarray(x, dtype=float)
    return sigmoid(x) * sigmoid(-x)
