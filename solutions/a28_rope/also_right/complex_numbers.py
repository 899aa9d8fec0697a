"""A pair as a complex number, and a rotation as a product with exp(iθ), as in LLaMA's first release."""

import numpy as np


def rope(x, positions, base=10_000.0):
    x = np.array(x, dtype=np.float64, order="C")
    positions = np.array(positions, dtype=np.float64)
    if x.ndim < 2 or 0 in x.shape or x.shape[-1] % 2 == 1:
        raise ValueError(f"x: expected (..., T, D) with even D, got {x.shape}")
    if positions.ndim != 1 or len(positions) != x.shape[-2]:
        raise ValueError(f"positions: expected one for each of {x.shape[-2]} vectors")
    if base <= 0:
        raise ValueError("base must be positive")
    half = x.shape[-1] // 2
    frequencies = 1.0 / base ** (np.arange(half) / half)
    turns = np.exp(1j * np.outer(positions, frequencies))
    return (x.view(np.complex128) * turns).view(np.float64)
