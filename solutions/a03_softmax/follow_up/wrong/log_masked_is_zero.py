"""Gives masked entries the log-probability 0, which is certainty.

Caught by: test_log_softmax_equals_the_definition_over_what_counts
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
    if np.any(largest == -np.inf):
        raise ValueError("a row in which nothing counts")
    return (x - largest) / temperature


def softmax(x, temperature=1.0, where=None):
    powers = np.exp(shifted(x, temperature, where))
    return powers / powers.sum(axis=-1, keepdims=True)


def log_softmax(x, temperature=1.0, where=None):
    scores = shifted(x, temperature, where)
    logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    return logs if where is None else np.where(where, logs, 0.0)


def softmax_derivative(softmax_output):
    s = rows(softmax_output)
    return s[..., :, None] * (np.eye(s.shape[-1]) - s[..., None, :])
