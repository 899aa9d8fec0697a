"""A vector as right factor is taken as a matrix of one row.

Caught by: test_anything_but_two_axes_is_an_error
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    B = B[np.newaxis] if B.ndim == 1 else B
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    columns = B.T.tolist()
    return np.array([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in A.tolist()])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
