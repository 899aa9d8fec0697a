"""Streaming mean and covariance by merging groups (Chan, Golub and LeVeque 1979): the reference."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class StreamingStats:
    """Count, mean and scatter (sums of products of deviations from the mean) of all rows seen so far."""

    def __init__(self, n_features: int) -> None:
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1, got {n_features}")
        self.n_features = n_features
        self.count = 0
        self._mean: Float64Array = np.zeros(n_features)
        self._scatter: Float64Array = np.zeros((n_features, n_features))

    @property
    def mean(self) -> Float64Array:
        """The mean of each column, shape (d,)."""
        self._check_rows()
        return self._mean.copy()

    def update(self, batch: npt.ArrayLike) -> Self:
        """Take in the rows of `batch`, shape (m, d), m at least 1; return self."""
        rows = np.asarray(batch, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.n_features or len(rows) == 0:
            raise ValueError(f"batch must have shape (m, {self.n_features}), m at least 1, got shape {rows.shape}")
        mean = rows.mean(axis=0)
        centred = rows - mean
        return self._absorb(len(rows), mean, centred.T @ centred)

    def merge(self, other: StreamingStats) -> Self:
        """Take in all rows that `other` has seen, which stays as it is; return self."""
        if other.n_features != self.n_features:
            raise ValueError(f"other must have {self.n_features} features, got {other.n_features}")
        return self._absorb(other.count, other._mean, other._scatter)

    def variance(self, ddof: int = 0) -> Float64Array:
        """Return the variance of each column, shape (d,)."""
        return np.diagonal(self.covariance(ddof)).copy()

    def covariance(self, ddof: int = 0) -> Float64Array:
        """Return the covariance of each pair of columns, shape (d, d)."""
        self._check_rows()
        if not 0 <= ddof < self.count:
            raise ValueError(f"ddof must be in 0 ... {self.count - 1} for {self.count} rows, got {ddof}")
        return self._scatter / (self.count - ddof)

    def _absorb(self, count: int, mean: Float64Array, scatter: Float64Array) -> Self:
        """Take in a group of rows, of which only this is known."""
        if count > 0:
            total = self.count + count
            shift = mean - self._mean
            self._scatter = self._scatter + scatter + np.outer(shift, shift) * (self.count * count / total)
            self._mean = self._mean + shift * (count / total)
            self.count = total
        return self

    def _check_rows(self) -> None:
        if self.count == 0:
            raise RuntimeError("statistics need at least one row: call update first")
