"""Rotary position embedding with interleaved pairs: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def rope(x: npt.ArrayLike, positions: npt.ArrayLike, base: float = 10_000.0) -> npt.NDArray[np.float64]:
    """Rotate coordinates 2i and 2i + 1 of x (..., T, D) by positions (T,) * base ** (-2i / D).

    Su et al.: RoFormer, 2021. Raises `ValueError` for an odd width, shapes that do not fit, or a base not above 0.
    """
    vectors, places = np.asarray(x, dtype=np.float64), np.asarray(positions, dtype=np.float64)
    if vectors.ndim < 2 or vectors.size == 0 or vectors.shape[-1] % 2:
        raise ValueError(f"x must have shape (..., T, D), D even, no axis of length zero, got shape {vectors.shape}")
    if places.shape != vectors.shape[-2:-1]:
        raise ValueError(f"positions must have shape {vectors.shape[-2:-1]}, got shape {places.shape}")
    if not base > 0:
        raise ValueError(f"base must be above 0, got {base}")
    width = vectors.shape[-1]
    angles = places[:, None] * base ** (-np.arange(0, width, 2) / width)
    cos, sin = np.cos(angles), np.sin(angles)
    first, second = vectors[..., 0::2], vectors[..., 1::2]
    rotated = np.empty_like(vectors)
    rotated[..., 0::2] = first * cos - second * sin
    rotated[..., 1::2] = first * sin + second * cos
    return rotated
