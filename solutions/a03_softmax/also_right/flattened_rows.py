"""Flattens the batch to a matrix, shifts in place in a copy, and multiplies matrices for the Jacobian."""

import numpy as np


def softmax(x):
    work = np.array(x, dtype=np.float64, order="C")
    if work.ndim == 0:
        raise ValueError("x is a single number, a row of scores was expected")
    if min(work.shape) == 0:
        raise ValueError("x has an empty axis")
    rows = work.reshape(-1, work.shape[-1])
    best = rows[np.arange(len(rows)), rows.argmax(axis=1)]
    if (best == float("-inf")).any():
        raise ValueError("every row needs an unmasked score")
    rows -= best[:, None]
    np.exp(rows, out=rows)
    rows *= (1.0 / (rows @ np.ones(rows.shape[1])))[:, None]
    return rows.reshape(work.shape)


def softmax_derivative(softmax_output):
    s = np.array(softmax_output, dtype=np.float64)
    if s.ndim == 0:
        raise ValueError("softmax_output is a single number")
    if min(s.shape) == 0:
        raise ValueError("softmax_output has an empty axis")
    column, row = np.expand_dims(s, -1), np.expand_dims(s, -2)
    return np.where(np.eye(s.shape[-1], dtype=bool), column * (1 - column), 0.0) - np.where(
        np.eye(s.shape[-1], dtype=bool), 0.0, np.matmul(column, row)
    )
