"""The naive one keeps each finished row in A when the shapes agree, and A belongs to the caller.

Caught by: test_arguments_stay_as_they_were
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
    C = A if A.shape[1] == B.shape[1] and A.flags.writeable else np.empty((A.shape[0], B.shape[1]))
    for i, row in enumerate(A.tolist()):
        C[i] = [sum(a * b for a, b in zip(row, column)) for column in columns]
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
