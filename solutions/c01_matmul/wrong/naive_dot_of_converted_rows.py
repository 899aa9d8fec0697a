"""The innermost loop of the naive one is `np.dot`; converting the arguments to lists and back makes up for its speed.

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
    rows = [np.array(row) for row in A.tolist()]
    columns = [np.array(column) for column in B.T.tolist()]
    return np.array([[np.dot(row, column) for column in columns] for row in rows])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
