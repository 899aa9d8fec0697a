"""With the exponential of a logarithm for the powers, as in PyTorch's tutorial; one column more, cut off at the end."""

import numpy as np


def positional_encoding(n_positions, d_model):
    if min(n_positions, d_model) < 1:
        raise ValueError(f"need a positive length and width, got {n_positions} and {d_model}")
    position = np.expand_dims(np.arange(n_positions), 1)
    div_term = np.exp(np.arange(0, d_model, 2) * -(np.log(10000.0) / d_model))
    pe = np.zeros((n_positions, d_model + d_model % 2))
    pe[:, 0::2] = np.sin(position * div_term)
    pe[:, 1::2] = np.cos(position * div_term)
    return pe[:, :d_model]
