"""The naive result is transposed: the columns of B are the outer loop.

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
    return np.array([[sum(a * b for a, b in zip(row, column)) for row in A.tolist()] for column in B.T.tolist()])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
