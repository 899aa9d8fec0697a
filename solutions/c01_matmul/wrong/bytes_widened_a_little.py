"""Bytes are widened to int32, which wraps around in a long sum.

Caught by: test_sums_of_many_integers_do_not_wrap_around_in_a_wider_type_either
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
    checked(A, B)
    A, B = (x.astype("i4" if x.dtype.itemsize == 1 else float) for x in map(np.asarray, (A, B)))
    return (A @ B).astype(float)
