"""A factor [[1.]] is skipped, and the other argument itself comes back.

Caught by: test_each_result_is_an_array_of_its_own
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
    return np.array([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in rows])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    if B.shape == (1, 1) and B[0, 0] == 1:
        return A
    return A @ B
