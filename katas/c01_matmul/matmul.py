"""Matrix multiplication, naive and fast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def matrix_multiply_naive(A: npt.ArrayLike, B: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the matrix product of `A` and `B`, by three loops in Python.

    Numbers are multiplied and added one at a time: no library computes with whole rows, columns or matrices.

    Args:
        A: left factor, real numbers of shape (n, k), no axis of length zero.
        B: right factor, real numbers of shape (k, m), no axis of length zero.

    Returns:
        A new float64 array of shape (n, m), computed in float64 whatever the dtypes of the arguments.

    Raises:
        ValueError: an argument is not 2-D, has an axis of length zero or rows of unequal length, or the columns of `A`
            are not as many as the rows of `B`.
    """
    raise NotImplementedError


def matrix_multiply_optimized(A: npt.ArrayLike, B: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the matrix product of `A` and `B`, fast.

    Arguments, result and errors are those of `matrix_multiply_naive`. At least 50 times as fast as three loops over
    lists at n = 100, and no slower than 3 times `A @ B` at n = 400.
    """
    raise NotImplementedError
