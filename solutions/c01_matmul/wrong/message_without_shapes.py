"""The error does not say which shapes came.

Caught by: test_the_error_about_inner_lengths_that_differ_says_both_of_them
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError("A and B cannot be multiplied")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    columns = B.T.tolist()
    return np.array([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in A.tolist()])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
