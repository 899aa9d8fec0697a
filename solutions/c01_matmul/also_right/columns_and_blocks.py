"""Naive: rows against columns, sums by a generator. Fast: tiles, each by np.dot, with the rests at the ends."""

import numpy as np

TILE = 160


def checked(A, B):
    for matrix in (A, B):
        if not isinstance(matrix, list) or not matrix or not all(isinstance(row, list) and row for row in matrix):
            raise ValueError(f"expected a list of rows that are not empty, got {matrix!r}")
        if len({len(row) for row in matrix}) != 1 or any(isinstance(entry, list) for row in matrix for entry in row):
            raise ValueError(f"expected rows of one length that hold numbers, got {matrix!r}")
    if len(A[0]) != len(B):
        raise ValueError(f"shapes {(len(A), len(A[0]))} and {(len(B), len(B[0]))} do not fit")


def matrix_multiply_naive(A, B):
    checked(A, B)
    columns = list(zip(*B, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in A]


def matrix_multiply_optimized(A, B):
    A, B = np.array(A, dtype=float), np.array(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size:
        raise ValueError(f"expected two matrices with rows and columns, got shapes {A.shape} and {B.shape}")
    (n, k), (rows, m) = A.shape, B.shape
    if k != rows:
        raise ValueError(f"inner lengths differ: {A.shape} and {B.shape}")
    C = np.zeros((n, m))
    for i in range(0, n, TILE):
        for j in range(0, m, TILE):
            for p in range(0, k, TILE):
                C[i : i + TILE, j : j + TILE] += np.dot(A[i : i + TILE, p : p + TILE], B[p : p + TILE, j : j + TILE])
    return C
