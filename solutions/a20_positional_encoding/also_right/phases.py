"""A cosine is a sine a quarter of a turn ahead: one sine of all angles, with a phase in the odd columns."""

import numpy as np


def positional_encoding(n_positions, d_model):
    if n_positions < 1 or d_model < 1:
        raise ValueError("both arguments must be at least 1")
    column = np.arange(d_model)
    frequency = np.power(10000.0, -(column - column % 2) / d_model)
    return np.sin(np.outer(np.arange(n_positions), frequency) + column % 2 * np.pi / 2)
