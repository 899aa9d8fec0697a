"""The mask as numbers, multiplied in, as in course notes."""

import numpy as np


def _validate(a, b, rate):
    if rate < 0 or rate >= 1:
        raise ValueError(f"rate {rate} is not in [0, 1)")
    if 0 in a.shape:
        raise ValueError("empty input")
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape} differ")


def dropout(x, rate, uniforms, training=True):
    x, uniforms = np.asarray(x, float), np.asarray(uniforms, float)
    _validate(x, uniforms, rate)
    keep = 1 - rate
    if training:
        mask = ~(uniforms < rate)
        return x * (mask / keep), mask
    return x, np.full_like(x, True, dtype=bool)


def dropout_backward(dout, mask, rate):
    dout, mask = np.asarray(dout, float), np.asarray(mask, float)
    _validate(dout, mask, rate)
    return dout * mask / (1 - rate)
