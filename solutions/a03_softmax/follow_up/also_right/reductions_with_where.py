"""NumPy's own reductions with `where`: nothing is ever put under the mask."""

import numpy as np


def check(values):
    array = np.asarray(values, dtype=np.float64)
    if not array.ndim or not all(array.shape):
        raise ValueError(f"no empty axes, and at least one axis: got {array.shape}")
    return array


def prepare(x, temperature, where):
    x = check(x)
    keep = x > -np.inf
    if where is not None:
        if np.asarray(where).dtype != np.bool_:
            raise ValueError("where must hold booleans")
        keep = keep & np.broadcast_to(where, x.shape)
    if temperature != temperature or temperature <= 0 or temperature == float("inf"):
        raise ValueError(f"a temperature is above 0 and finite, not {temperature}")
    if not keep.any(axis=-1).all():
        raise ValueError("each row needs an entry that counts")
    top = x.max(axis=-1, keepdims=True, where=keep, initial=-np.inf)
    z = np.full_like(x, -np.inf)
    np.subtract(x, top, out=z, where=keep)
    np.divide(z, temperature, out=z, where=keep)
    powers = np.zeros_like(x)
    np.exp(z, out=powers, where=keep)
    return z, powers, powers.sum(axis=-1, keepdims=True)


def softmax(x, temperature=1.0, where=None):
    _, powers, total = prepare(x, temperature, where)
    return powers / total


def log_softmax(x, temperature=1.0, where=None):
    z, _, total = prepare(x, temperature, where)
    return z - np.log(total)


def softmax_derivative(softmax_output):
    s = check(softmax_output)
    jacobian = -s[..., np.newaxis] * s[..., np.newaxis, :]
    i = np.arange(s.shape[-1])
    jacobian[..., i, i] += s
    return jacobian
