"""Inner lengths are not compared: the naive loops run into an IndexError.

Caught by: test_inner_lengths_that_differ_are_an_error
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size:
        raise ValueError(f"two matrices are needed, got shapes {A.shape} and {B.shape}")
    C = np.zeros((A.shape[0], B.shape[1]))
    for i, j in np.ndindex(C.shape):
        for p in range(A.shape[1]):
            C[i, j] += A[i, p] * B[p, j]
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
