"""Naive: loops in the order i, p, j, along rows of B and of the result. Fast: einsum, told to optimize."""

import numpy as np


def check_shapes(A, B):
    shapes = np.shape(A), np.shape(B)
    if any(len(shape) != 2 for shape in shapes):
        raise np.linalg.LinAlgError(f"two matrices are needed, got shapes {shapes}")
    if np.prod(shapes) == 0 or shapes[0][1] != shapes[1][0]:
        raise np.linalg.LinAlgError(f"shapes {shapes[0]} and {shapes[1]} are empty or do not fit")


def matrix_multiply_naive(A, B):
    check_shapes(A, B)
    C = []
    for left in A:
        result = [0] * len(B[0])
        for a, right in zip(left, B, strict=True):
            for j, b in enumerate(right):
                result[j] += a * b
        C.append(result)
    return C


def matrix_multiply_optimized(A, B):
    check_shapes(A, B)
    return np.einsum("ip,pj->ij", np.asarray(A, float), np.asarray(B, float), optimize=True)
