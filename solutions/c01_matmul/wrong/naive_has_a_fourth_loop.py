"""The naive one builds the column anew for each product: four loops, O(n^4).

Caught by: test_the_naive_one_grows_no_faster_than_each_of_its_three_axes
"""

import numpy as np


def checked(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2 or not A.size or not B.size or A.shape[1] != B.shape[0]:
        raise ValueError(f"shapes {A.shape} and {B.shape} do not fit")
    return A, B


def matrix_multiply_naive(A, B):
    A, B = checked(A, B)
    A, B = A.tolist(), B.tolist()
    inner = range(len(B))
    return np.array([[sum(row[p] * [b[j] for b in B][p] for p in inner) for j in range(len(B[0]))] for row in A])


def matrix_multiply_optimized(A, B):
    A, B = checked(A, B)
    return A @ B
