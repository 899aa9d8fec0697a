"""Mean, variance and covariance of rows that arrive in batches and are not kept."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt


class StreamingStats:
    """Statistics of all rows seen so far, in memory that does not grow with their number.

    Args:
        n_features: d, the number of columns, at least 1; else `ValueError`.

    Attributes:
        count: number of rows seen, a Python int, 0 at first.
        mean: mean of each column, float64, shape (d,); `RuntimeError` before the first row.
    """

    def __init__(self, n_features: int) -> None:
        raise NotImplementedError

    def update(self, batch: npt.ArrayLike) -> Self:
        """Take in the rows of `batch`, shape (m, d), m at least 1; return self.

        Raises `ValueError` for any other shape.
        """
        raise NotImplementedError

    def merge(self, other: StreamingStats) -> Self:
        """Take in all rows that `other` has seen, which stays as it is; return self.

        Raises `ValueError` for another number of features.
        """
        raise NotImplementedError

    def variance(self, ddof: int = 0) -> npt.NDArray[np.float64]:
        """Return the variance of each column, shape (d,): squared deviations from the mean, over count - ddof.

        Raises `RuntimeError` before the first row, and `ValueError` for a ddof that is not in 0 ... count - 1.
        """
        raise NotImplementedError

    def covariance(self, ddof: int = 0) -> npt.NDArray[np.float64]:
        """Return the covariance of each pair of columns, shape (d, d); errors are those of `variance`."""
        raise NotImplementedError
