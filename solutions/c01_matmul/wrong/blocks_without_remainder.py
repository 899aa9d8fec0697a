"""The optimized one works in tiles of 64, and forgets the inner rest that fills no tile.

Caught by: test_large_sizes_lose_nothing
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    columns = B.T.tolist()
    return np.array([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in A.tolist()])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    k = A.shape[1] if A.shape[1] < 64 else A.shape[1] // 64 * 64
    C = np.zeros((A.shape[0], B.shape[1]))
    for p in range(0, k, 64):
        C += A[:, p : min(p + 64, k)] @ B[p : min(p + 64, k)]
    return C
