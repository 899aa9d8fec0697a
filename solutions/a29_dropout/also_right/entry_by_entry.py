"""A loop over all entries."""

import numpy as np


def _check(a, b, rate):
    if not (0 <= rate < 1):
        raise ValueError("the rate must be in [0, 1)")
    if np.shape(a) != np.shape(b):
        raise ValueError("the shapes must be equal")
    if np.size(a) == 0:
        raise ValueError("there is nothing to drop")


def dropout(x, rate, uniforms, training=True):
    _check(x, uniforms, rate)
    x, uniforms = np.asarray(x), np.asarray(uniforms)
    out = np.zeros(x.shape, dtype=np.float64)
    mask = np.ones(x.shape, dtype=bool)
    for index in np.ndindex(x.shape):
        if not training:
            out[index] = x[index]
        elif uniforms[index] < rate:
            mask[index] = False
        else:
            out[index] = float(x[index]) / (1.0 - rate)
    return out, mask


def dropout_backward(dout, mask, rate):
    _check(dout, mask, rate)
    dout, mask = np.asarray(dout), np.asarray(mask)
    dx = np.zeros(dout.shape)
    for index in np.ndindex(dout.shape):
        if mask[index]:
            dx[index] = float(dout[index]) / (1.0 - rate)
    return dx
