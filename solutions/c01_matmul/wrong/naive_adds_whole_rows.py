"""Two loops of the naive one are Python, the third is arithmetic on whole rows of B.

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
    for i, p in np.ndindex(A.shape):
        C[i] += A[i, p] * B[p]
    return C


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
