"""Tables of N by C throughout: masked logarithms, logaddexp for the normaliser, and a one-hot table of the labels."""

import numpy as np


def as_table(values):
    array = np.array(values, dtype=float)
    if len(array.shape) != 2 or 0 in array.shape:
        raise ValueError(f"not a table: {array.shape}")
    return array


def cross_entropy(y_true_onehot, probabilities):
    y, p = as_table(y_true_onehot), as_table(probabilities)
    if y.shape != p.shape:
        raise ValueError(f"{y.shape} against {p.shape}")
    if not np.isin(y, [0, 1]).all() or not (y.sum(axis=1) == 1).all():
        raise ValueError("a row is not one-hot")
    if p.min() < 0 or p.max() > 1:
        raise ValueError("a probability is below 0 or above 1")
    logs = np.full(p.shape, -np.inf)
    np.log(p, out=logs, where=p > 0)
    return -np.sum(np.where(y == 1, logs, 0.0)) / len(y)


def softmax_cross_entropy(logits, labels):
    z, labels = as_table(logits), np.asarray(labels)
    n, c = z.shape
    onehot = (labels[..., np.newaxis] == np.arange(c)).astype(float)
    if onehot.shape != z.shape or (onehot.sum(axis=1) != 1).any():
        raise ValueError(f"labels must be {n} whole numbers below {c}, got {labels}")
    log_p = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
    return -np.sum(onehot * log_p) / n, (np.exp(log_p) - onehot) / n
