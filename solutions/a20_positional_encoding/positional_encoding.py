"""Sinusoidal positional encoding: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def positional_encoding(n_positions: int, d_model: int) -> npt.NDArray[np.float64]:
    """Return the encodings of the positions 0 to n_positions - 1, shape (n_positions, d_model).

    Columns 2i and 2i + 1 are the sine and the cosine of p / 10000^(2i / d_model) (Vaswani et al. 2017, section 3.5).
    Raises `ValueError` for an argument below 1.
    """
    if n_positions < 1 or d_model < 1:
        raise ValueError(f"n_positions and d_model must be at least 1, got {n_positions} and {d_model}")
    positions = np.arange(n_positions)[:, np.newaxis]
    even = np.arange(0, d_model, 2)
    angles = positions / 10_000 ** (even / d_model)
    encoding = np.empty((n_positions, d_model))
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles)[:, : d_model // 2]  # an odd width ends in a sine
    return encoding
