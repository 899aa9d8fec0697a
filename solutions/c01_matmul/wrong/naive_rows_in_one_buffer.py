"""The naive one has room for 1024 rows, and drops those beyond.

Caught by: test_sizes_that_are_no_multiple_of_a_block_lose_nothing
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
    C = np.zeros((A.shape[0], B.shape[1]))
    for i, row in enumerate(A[:1024].tolist()):
        for j, column in enumerate(columns):
            C[i, j] = sum(a * b for a, b in zip(row, column))
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
