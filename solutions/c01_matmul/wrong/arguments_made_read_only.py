"""The caller's arrays are made read-only, to be safe from changes.

Caught by: test_what_the_caller_may_do_with_the_arguments_stays_as_it_was
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
    A.flags.writeable = B.flags.writeable = False
    return A @ B
