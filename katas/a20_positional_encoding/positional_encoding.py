"""Sinusoidal positional encoding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def positional_encoding(n_positions: int, d_model: int) -> npt.NDArray[np.float64]:
    """Return the sinusoidal encodings of the positions 0 to n_positions - 1.

    Args:
        n_positions: number of positions n, at least 1.
        d_model: width d, at least 1; odd widths end in a sine.

    Returns:
        The encodings, shape (n, d), float64: sin(p / 10000^(2i/d)) in column 2i of row p, and the cosine of the same
        angle in column 2i + 1.

    Raises:
        ValueError: `n_positions` or `d_model` is below 1.
    """
    raise NotImplementedError
