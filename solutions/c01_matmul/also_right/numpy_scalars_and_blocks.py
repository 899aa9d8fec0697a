"""Naive: NumPy arrays indexed number by number, loops in the order i, p, j. Fast: tiles, each by np.matmul."""

import itertools

import numpy as np

TILE = 160


def matrix_multiply_naive(A, B):
    A, B = checked(A), checked(B)
    fit(A, B)
    C = np.zeros((A.shape[0], B.shape[1]))
    for i in range(A.shape[0]):
        for p in range(A.shape[1]):
            a = A[i, p]
            for j in range(B.shape[1]):
                C[i, j] += a * B[p, j]
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A), checked(B)
    fit(A, B)
    (n, k), m = A.shape, B.shape[1]
    C = np.zeros((n, m))
    for i, j, p in itertools.product(range(0, n, TILE), range(0, m, TILE), range(0, k, TILE)):
        C[i : i + TILE, j : j + TILE] += np.matmul(A[i : i + TILE, p : p + TILE], B[p : p + TILE, j : j + TILE])
    return C


def checked(values):
    array = np.array(values, dtype=np.float64, ndmin=0)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"expected a matrix with at least one row and one column, got shape {array.shape}")
    return array


def fit(A, B):
    if A.shape[1] != B.shape[0]:
        raise ValueError(f"inner lengths differ: {A.shape} and {B.shape}")
