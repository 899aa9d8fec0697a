"""The optimized one converts B to the dtype of A, so that integers in A cut B's fractions off.

Caught by: test_integers_times_floats_keep_their_fractions
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


def matrix_multiply_optimized(A, B):
    checked(A, B)
    A = np.asarray(A)
    B = np.asarray(B)
    if A.dtype.kind == "i" and B.dtype.kind == "f":
        B = B.astype(A.dtype)
    return A.astype(float) @ B.astype(float)
