"""Three loops with the math module: a vector, a pair, two coordinates."""

import math

import numpy as np


def rope(x, positions, base=10_000.0):
    x, positions = np.asarray(x, float), np.asarray(positions, float)
    if x.ndim < 2 or x.size == 0:
        raise ValueError("x needs the axes T and D, and none may be empty")
    *_, t, d = x.shape
    if d % 2 != 0:
        raise ValueError(f"the width must be even, got {d}")
    if positions.shape != (t,):
        raise ValueError(f"positions must have shape ({t},), got {positions.shape}")
    if base <= 0:
        raise ValueError(f"base must be above 0, got {base}")
    out = np.zeros((x.size // (t * d), t, d))
    for b, sequence in enumerate(x.reshape(-1, t, d)):
        for n, p in enumerate(positions):
            for i in range(d // 2):
                theta = p * math.pow(base, -2 * i / d)
                a, c = sequence[n, 2 * i], sequence[n, 2 * i + 1]
                out[b, n, 2 * i] = a * math.cos(theta) - c * math.sin(theta)
                out[b, n, 2 * i + 1] = a * math.sin(theta) + c * math.cos(theta)
    return out.reshape(x.shape)
