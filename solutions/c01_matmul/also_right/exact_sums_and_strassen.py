"""Naive: each sum rounded once, by math.fsum. Fast: Strassen's seven products, with np.dot for small blocks."""

import math

import numpy as np

LEAF = 256


def matrix_multiply_naive(A, B):
    A, B = prepare(A, B)
    left, right = A.tolist(), B.tolist()
    C = np.zeros((len(left), len(right[0])))
    for i, j in np.ndindex(C.shape):
        C[i, j] = math.fsum(left[i][p] * right[p][j] for p in range(len(right)))
    return C


def matrix_multiply_optimized(A, B):
    A, B = prepare(A, B)
    (n, k), m = A.shape, B.shape[1]
    if n == k == m and n % 2 == 0:
        return strassen(A, B)
    return np.dot(A, B)


def strassen(A, B):
    n = len(A)
    if n <= LEAF or n % 2:
        return np.dot(A, B)
    h = n // 2
    a, b, c, d = A[:h, :h], A[:h, h:], A[h:, :h], A[h:, h:]
    e, f, g, i = B[:h, :h], B[:h, h:], B[h:, :h], B[h:, h:]
    p1, p2, p3, p4 = strassen(a, f - i), strassen(a + b, i), strassen(c + d, e), strassen(d, g - e)
    p5, p6, p7 = strassen(a + d, e + i), strassen(b - d, g + i), strassen(a - c, e + f)
    return np.block([[p5 + p4 - p2 + p6, p1 + p2], [p3 + p4, p1 + p5 - p3 - p7]])


def prepare(A, B):
    A, B = np.array(A, dtype=float), np.array(B, dtype=float)
    if A.ndim != 2 or B.ndim != 2:
        raise np.linalg.LinAlgError(f"two matrices are needed, got {A.ndim} and {B.ndim} axes")
    if A.shape[1] != B.shape[0] or not A.size or not B.size:
        raise np.linalg.LinAlgError(f"shapes {A.shape} and {B.shape} do not fit, or are empty")
    return A, B
