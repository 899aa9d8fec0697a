"""Matrix multiplication, naive and fast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Number = int | float


def matrix_multiply_naive(A: list[list[Number]], B: list[list[Number]]) -> list[list[Number]]:
    """Return the matrix product of `A` and `B` as a new list of lists, by three loops in plain Python.

    Args:
        A: left factor, n rows of k Python numbers, n and k at least 1.
        B: right factor, k rows of m Python numbers, m at least 1.

    Returns:
        n rows of m Python numbers; integers of any size are exact.

    Raises:
        ValueError: an argument is not 2-D, has an axis of length zero or rows of unequal length, or the columns of `A`
            are not as many as the rows of `B`.
    """
    raise NotImplementedError


def matrix_multiply_optimized(A: npt.ArrayLike, B: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the matrix product of `A` (n, k) and `B` (k, m) as a new float64 array (n, m), fast.

    Computed in float64 whatever the dtypes of the arguments. Errors are those of `matrix_multiply_naive`. At least 50
    times as fast as three loops over lists at n = 100, and at most 3 times as long as `A @ B` at n = 400.
    """
    raise NotImplementedError
