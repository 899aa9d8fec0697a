"""Matrix multiplication, naive and fast: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Number = int | float


def matrix_multiply_naive(A: list[list[Number]], B: list[list[Number]]) -> list[list[Number]]:
    """Return the matrix product of `A` (n, k) and `B` (k, m) as a new list of n rows, by three loops.

    O(n k m) multiplications of Python numbers. Raises `ValueError` for factors that do not fit; see `_lengths`.
    """
    n, k, m = _lengths(A, B)
    product: list[list[Number]] = [[0] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            for p in range(k):
                product[i][j] += A[i][p] * B[p][j]
    return product


def matrix_multiply_optimized(A: npt.ArrayLike, B: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the matrix product of `A` (n, k) and `B` (k, m) as a new float64 array (n, m), by one BLAS call.

    The same O(n k m) multiplications, blocked for the caches and vectorised. Raises `ValueError` for factors that do
    not fit; see `_lengths`.
    """
    _lengths(A, B)
    # float64 first: integers would wrap around, float32 would lose digits, and only floats reach BLAS.
    product: npt.NDArray[np.float64] = np.asarray(A, dtype=np.float64) @ np.asarray(B, dtype=np.float64)
    return product


def _lengths(A: npt.ArrayLike, B: npt.ArrayLike) -> tuple[int, int, int]:
    """Return n, k and m of factors (n, k) and (k, m); raise `ValueError` when the shapes are not such."""
    left, right = np.shape(A), np.shape(B)  # a ValueError of NumPy's where rows differ in length
    for name, shape in (("A", left), ("B", right)):
        if len(shape) != 2 or 0 in shape:
            raise ValueError(f"{name} must be 2-D without an axis of length zero, got shape {shape}")
    if left[1] != right[0]:
        raise ValueError(f"A must have as many columns as B has rows, got shapes {left} and {right}")
    return left[0], left[1], right[1]
