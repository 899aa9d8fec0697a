"""Naive: lists and `sum(map(mul, ...))`, the quickest that plain Python does. Fast: einsum, told to optimize."""

from operator import mul

import numpy as np


def shape(A, B):
    for X in (A, B):
        if np.ndim(X) != 2:
            raise ValueError(f"not a matrix: {np.ndim(X)} axes instead of 2")
    (n, k), (rows, m) = np.shape(A), np.shape(B)
    if n * k * m * rows == 0 or k != rows:
        raise ValueError(f"({n}, {k}) and ({rows}, {m}) do not fit, or are empty")


def matrix_multiply_naive(A, B):
    shape(A, B)
    rows = [[float(a) for a in row] for row in A]
    columns = list(zip(*[[float(b) for b in row] for row in B], strict=True))
    return np.array([[sum(map(mul, row, column)) for column in columns] for row in rows])


def matrix_multiply_optimized(A, B):
    shape(A, B)
    return np.einsum("ip,pj->ij", np.asarray(A, float), np.asarray(B, float), optimize=True)
