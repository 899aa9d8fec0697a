"""Vector by vector, with the whole Jacobian of each: slow, and close to the formulas."""

import numpy as np


def _rows(x):
    x = np.array(x, dtype=float)
    if x.ndim < 1 or x.size == 0:
        raise ValueError(f"x must have at least one axis and no empty one, got shape {x.shape}")
    return x, x.reshape(-1, x.shape[-1])


def _parameter(values, d):
    values = np.array(values, dtype=float)
    if values.shape != (d,):
        raise ValueError(f"expected shape ({d},), got {values.shape}")
    return values


def layer_norm(x, gamma, beta, eps=1e-5):
    x, rows = _rows(x)
    gamma, beta = _parameter(gamma, x.shape[-1]), _parameter(beta, x.shape[-1])
    out = [gamma * (row - np.mean(row)) / np.sqrt(np.var(row) + eps) + beta for row in rows]
    return np.array(out).reshape(x.shape)


def rms_norm(x, gamma, eps=1e-6):
    x, rows = _rows(x)
    gamma = _parameter(gamma, x.shape[-1])
    return np.array([gamma * row / np.sqrt(np.mean(row**2) + eps) for row in rows]).reshape(x.shape)


def _backward(dout, x, gamma, eps, centred):
    x, rows = _rows(x)
    dout = np.array(dout, dtype=float)
    if dout.shape != x.shape:
        raise ValueError(f"dout has shape {dout.shape}, x has {x.shape}")
    d = x.shape[-1]
    gamma = _parameter(gamma, d)
    dx, dgamma, dbeta = np.zeros_like(rows), np.zeros(d), np.zeros(d)
    for i, (row, slope) in enumerate(zip(rows, dout.reshape(-1, d), strict=True)):
        c = row - row.mean() if centred else row
        root = np.sqrt(np.mean(c**2) + eps)
        # The quotient rule for c / root, where d root / d c = c / (d * root).
        jacobian = np.eye(d) / root - np.outer(c, c) / (d * root**3)
        if centred:
            jacobian = jacobian @ (np.eye(d) - np.ones((d, d)) / d)
        dx[i] = (slope * gamma) @ jacobian
        dgamma += slope * c / root
        dbeta += slope
    return dx.reshape(x.shape), dgamma, dbeta


def layer_norm_backward(dout, x, gamma, eps=1e-5):
    return _backward(dout, x, gamma, eps, centred=True)


def rms_norm_backward(dout, x, gamma, eps=1e-6):
    return _backward(dout, x, gamma, eps, centred=False)[:2]
