"""Products are remembered by the identity of the arguments.

Caught by: test_arguments_that_have_changed_give_another_product
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


known = {}


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    rows, columns = A.tolist(), B.T.tolist()
    return np.array([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in rows])


def matrix_multiply_optimized(A, B):
    key = id(A), id(B)
    if key not in known:
        left, right = checked(A, B)
        known[key] = A, B, left @ right
    return known[key][2].copy()
