"""One direction as a function, called twice; the chain rule backwards through each step."""

import numpy as np


def _one_direction(a, b, temperature):
    """Cross-entropy of the rows of a against b, for rows of length 1, and gradients in both."""
    logits = a @ b.T / temperature
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    total = p.sum(axis=1, keepdims=True)
    rows = np.arange(len(a))
    loss = np.mean(np.log(total[:, 0]) - logits[rows, rows])
    p /= total
    p[rows, rows] -= 1
    p /= len(a) * temperature
    return loss, p @ b, p.T @ a


def info_nce(queries, keys, temperature=0.07):
    x, y = np.asarray(queries, np.float64), np.asarray(keys, np.float64)
    if x.ndim != 2 or y.ndim != 2 or x.shape != y.shape:
        raise ValueError("queries and keys must be two matrices of one shape")
    if x.size == 0:
        raise ValueError("there are no vectors")
    if not temperature > 0:
        raise ValueError(f"temperature {temperature}")
    nx, ny = np.sqrt((x**2).sum(1))[:, None], np.sqrt((y**2).sum(1))[:, None]
    if (nx == 0).any() or (ny == 0).any():
        raise ValueError("a vector of zeros cannot be normalised")
    a, b = x / nx, y / ny
    loss_q, da, db = _one_direction(a, b, temperature)
    loss_k, db2, da2 = _one_direction(b, a, temperature)
    da, db = (da + da2) / 2, (db + db2) / 2
    dx = da / nx - x * (da * x).sum(1)[:, None] / nx**3
    dy = db / ny - y * (db * y).sum(1)[:, None] / ny**3
    return float(loss_q + loss_k) / 2, dx, dy
