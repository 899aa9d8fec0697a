"""All rows of the naive result are one list, whose entries each row overwrites.

Caught by: test_worked_example_of_square_matrices
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    (n, k), m = A.shape, B.shape[1]
    C = [[0.0] * m] * n
    for i in range(n):
        for j in range(m):
            C[i][j] = sum(A[i, p] * B[p, j] for p in range(k))
    return np.array(C)


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
