"""Two loops of the naive one are Python, the innermost is `np.dot`.

Caught by: test_the_naive_one_pays_for_each_of_its_three_axes
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    C = np.zeros((A.shape[0], B.shape[1]))
    for i, j in np.ndindex(C.shape):
        C[i, j] = np.dot(A[i], B[:, j])
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
