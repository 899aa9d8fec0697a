"""The naive one reads rows of B where it needs columns: A times the transpose of B.

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
    n, m = A.shape[0], B.shape[1]
    C = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            for p in range(A.shape[1]):
                C[i, j] += A[i, p] * B[j, p]
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
