"""Matrix multiplication, naive and fast: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Matrix = npt.NDArray[np.float64]


def matrix_multiply_naive(A: npt.ArrayLike, B: npt.ArrayLike) -> Float64Matrix:
    """Return the matrix product of `A` (n, k) and `B` (k, m) as a new float64 array (n, m), by three loops.

    O(n k m) multiplications, one at a time. Raises `ValueError` for factors that do not fit; see `_factors`.
    """
    left, right = _factors(A, B)
    # Lists of Python floats: reading a number out of an array makes a NumPy scalar, which costs more than a product.
    rows, columns = left.tolist(), right.T.tolist()
    result = np.empty((len(rows), len(columns)))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            total = 0.0
            for a, b in zip(row, column, strict=True):
                total += a * b
            result[i, j] = total
    return result


def matrix_multiply_optimized(A: npt.ArrayLike, B: npt.ArrayLike) -> Float64Matrix:
    """Return the matrix product of `A` (n, k) and `B` (k, m) as a new float64 array (n, m), by one BLAS call.

    The same O(n k m) multiplications, blocked for the caches and vectorised. Raises `ValueError` for factors that do
    not fit; see `_factors`.
    """
    left, right = _factors(A, B)
    product: Float64Matrix = left @ right
    return product


def _factors(A: npt.ArrayLike, B: npt.ArrayLike) -> tuple[Float64Matrix, Float64Matrix]:
    """Return both factors as float64 matrices that may be multiplied.

    Raises `ValueError` unless both are 2-D without an axis of length zero, and `A` has as many columns as `B` has rows.
    """
    # float64 first: integers would wrap around, booleans would be or-ed, and only floats reach BLAS.
    left, right = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
    for name, matrix in (("A", left), ("B", right)):
        if matrix.ndim != 2:
            raise ValueError(f"{name} must be 2-D, got shape {matrix.shape}")
        if matrix.size == 0:
            raise ValueError(f"{name} must have no axis of length zero, got shape {matrix.shape}")
    if left.shape[1] != right.shape[0]:
        raise ValueError(f"A must have as many columns as B has rows, got shapes {left.shape} and {right.shape}")
    return left, right
