"""The naive one is `einsum`, a triple loop in C.

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
    return np.einsum("ip,pj->ij", A, B)


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
