"""Streaming mean and covariance by merging groups, rows alike or newer ones more: the reference of the follow-up."""

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


class DecayedStats:
    """Weighted mean and scatter of all rows seen so far; weights halve every `half_life` rows."""

    def __init__(self, n_features: int, half_life: float) -> None:
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1, got {n_features}")
        if not 0 < half_life < np.inf:
            raise ValueError(f"half_life must be above 0 and finite, got {half_life}")
        self.n_features = n_features
        self.half_life = half_life
        self.count = 0
        self._weight = 0.0
        self._squares = 0.0  # the sum of the squared weights
        self._mean: Float64Array = np.zeros(n_features)
        self._scatter: Float64Array = np.zeros((n_features, n_features))

    @property
    def mean(self) -> Float64Array:
        """The weighted mean of each column, shape (d,)."""
        self._check_rows()
        return self._mean.copy()

    @property
    def effective_count(self) -> float:
        """How many rows of equal weight would tell as much."""
        return self._weight**2 / self._squares if self.count else 0.0

    def update(self, batch: npt.ArrayLike) -> Self:
        """Take in the rows of `batch`, shape (m, d), m at least 1, the newest last; return self."""
        rows = np.asarray(batch, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.n_features or len(rows) == 0:
            raise ValueError(f"batch must have shape (m, {self.n_features}), m at least 1, got shape {rows.shape}")
        weights = np.exp2(-np.arange(len(rows))[::-1] / self.half_life)
        total = float(weights.sum())
        near = rows - rows[-1]  # so that no digits are lost far from 0
        shift = weights @ near / total
        centred = near - shift
        scatter = (centred.T * weights) @ centred
        return self._absorb(len(rows), total, float(weights @ weights), rows[-1] + shift, scatter)

    def merge(self, other: DecayedStats) -> Self:
        """Take in the rows of `other`, which stays as it is, as if they came after those of this; return self."""
        if (other.n_features, other.half_life) != (self.n_features, self.half_life):
            raise ValueError(
                f"other must have {self.n_features} features and a half-life of {self.half_life}, "
                f"got {other.n_features} and {other.half_life}"
            )
        return self._absorb(other.count, other._weight, other._squares, other._mean, other._scatter)

    def variance(self) -> Float64Array:
        """Return the weighted variance of each column, shape (d,)."""
        return np.diagonal(self.covariance()).copy()

    def covariance(self) -> Float64Array:
        """Return the weighted covariance of each pair of columns, shape (d, d)."""
        self._check_rows()
        return self._scatter / self._weight

    def _absorb(self, count: int, weight: float, squares: float, mean: Float64Array, scatter: Float64Array) -> Self:
        """Take in a group of newer rows, of which only this is known."""
        if count > 0:
            decay = float(np.exp2(-count / self.half_life))
            old = self._weight * decay
            total = old + weight
            shift = mean - self._mean
            self._scatter = self._scatter * decay + scatter + np.outer(shift, shift) * (old * weight / total)
            self._mean = self._mean + shift * (weight / total) if self.count else mean.copy()
            self._squares = self._squares * decay**2 + squares
            self._weight = total
            self.count += count
        return self

    def _check_rows(self) -> None:
        if self.count == 0:
            raise RuntimeError("statistics need at least one row: call update first")
