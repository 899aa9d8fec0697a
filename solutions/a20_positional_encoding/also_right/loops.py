"""Entry by entry, as the formula reads."""

import math

import numpy as np


def positional_encoding(n_positions, d_model):
    if n_positions <= 0:
        raise ValueError("n_positions must be positive")
    if d_model <= 0:
        raise ValueError("d_model must be positive")
    pe = np.zeros((n_positions, d_model))
    for pos in range(n_positions):
        for i in range(0, d_model, 2):
            angle = pos / (10000 ** (i / d_model))
            pe[pos, i] = math.sin(angle)
            if i + 1 < d_model:
                pe[pos, i + 1] = math.cos(angle)
    return pe
