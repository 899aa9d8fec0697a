"""The naive result is rounded, to look tidy.

Caught by: test_tiny_and_huge_numbers_keep_their_digits
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    rows, columns = A.tolist(), B.T.tolist()
    return np.round([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in rows], 9)


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
