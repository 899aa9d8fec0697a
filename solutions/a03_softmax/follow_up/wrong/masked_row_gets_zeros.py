"""Gives zeros for a row that the mask leaves nothing of.

Caught by: test_a_row_in_which_nothing_counts_is_an_error
"""

import numpy as np


def rows(values):
    array = np.asarray(values, dtype=float)
    if array.ndim == 0 or 0 in array.shape:
        raise ValueError(f"shape {array.shape}")
    return array


def shifted(x, temperature, where):
    x = rows(x)
    if not 0 < temperature < np.inf:
        raise ValueError(f"temperature {temperature}")
    if where is not None:
        mask = np.asarray(where)
        if mask.dtype != bool:
            raise ValueError(f"where is {mask.dtype}")
        x = np.where(np.broadcast_to(mask, x.shape), x, -np.inf)
    largest = x.max(axis=-1, keepdims=True)
    if where is not None:
        largest = np.maximum(largest, -1e300)
    elif np.any(largest == -np.inf):
        raise ValueError("a row in which nothing counts")
    return (x - largest) / temperature


def softmax(x, temperature=1.0, where=None):
    powers = np.exp(shifted(x, temperature, where))
    return powers / np.maximum(powers.sum(axis=-1, keepdims=True), 1e-300)


def log_softmax(x, temperature=1.0, where=None):
    scores = shifted(x, temperature, where)
    with np.errstate(divide="ignore", invalid="ignore"):
        return scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))


def softmax_derivative(softmax_output):
    s = rows(softmax_output)
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
