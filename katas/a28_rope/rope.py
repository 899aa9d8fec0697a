"""Rotary position embedding with interleaved pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def rope(x: npt.ArrayLike, positions: npt.ArrayLike, base: float = 10_000.0) -> npt.NDArray[np.float64]:
    """Rotate coordinates 2i and 2i + 1 of each vector by the angle position * base ** (-2i / D).

    Args:
        x: queries or keys, shape (..., T, D), D even.
        positions: the position of each of the T vectors, shape (T,).
        base: the larger, the slower the last pairs turn.

    Returns:
        The rotated vectors, shape (..., T, D).

    Raises:
        ValueError: an odd width, an axis of length zero, shapes that do not fit, or a base that is not above 0.
    """
    raise NotImplementedError
