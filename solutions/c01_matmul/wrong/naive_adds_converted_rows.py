"""The innermost loop of the naive one is arithmetic on whole rows of B, which a loop in Python has copied.

Caught by: test_the_naive_one_is_no_library_product
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    rows = [np.array([float(x) for x in row]) for row in B]
    C = np.zeros((A.shape[0], B.shape[1]))
    for i, p in np.ndindex(A.shape):
        C[i] += A[i, p] * rows[p]
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
