"""The optimized one writes each result into one buffer per shape, so a later call changes an earlier result.

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
    columns = B.T.tolist()
    return np.array([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in A.tolist()])


BUFFERS = {}


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    shape = (A.shape[0], B.shape[1])
    return np.matmul(A, B, out=BUFFERS.setdefault(shape, np.empty(shape)))
