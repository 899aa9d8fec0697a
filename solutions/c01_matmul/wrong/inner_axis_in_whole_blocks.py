"""Long inner axes are cut into blocks, and what is left over at the end is dropped.

Caught by: test_large_sizes_lose_nothing
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
    k = A.shape[1]
    if k <= 600:
        return A @ B
    return sum(A[:, p : p + 256] @ B[p : p + 256] for p in range(0, k - 255, 256))
