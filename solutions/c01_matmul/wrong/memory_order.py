"""The naive one flattens in the order of memory, which is another one in transposed views.

Caught by: test_views_in_any_memory_layout_are_accepted
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    (n, k), m = A.shape, B.shape[1]
    a, b = A.ravel(order="K").tolist(), B.ravel(order="K").tolist()
    return np.array([[sum(a[i * k + p] * b[p * m + j] for p in range(k)) for j in range(m)] for i in range(n)])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
