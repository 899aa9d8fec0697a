"""By the squared Euclidean norm of the flattened difference."""

import numpy as np


def mse(y_true, y_pred):
    a, b = np.array(y_true, dtype=float), np.array(y_pred, dtype=float)
    if a.shape != b.shape or 0 in a.shape:
        raise ValueError(f"expected two arrays of one shape with elements, got {a.shape} and {b.shape}")
    return float(np.linalg.norm((a - b).reshape(-1)) ** 2) / a.size
