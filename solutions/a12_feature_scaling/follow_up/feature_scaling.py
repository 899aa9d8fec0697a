"""Feature scaling of tables and of streams: the reference of the follow-up."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class _ColumnScaler:
    """z = lower + width * (x - offset) / spread, with an offset and a spread for each column."""

    _lower, _width = 0.0, 1.0
    _count = 0
    _offset: Float64Array
    _spread: Float64Array

    def fit(self, X: npt.ArrayLike) -> Self:
        """Forget everything, and learn from `X`, shape (n, d)."""
        raise NotImplementedError

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return `X`, shape (m, d), scaled by what was learned so far."""
        data = self._checked(X, "X")
        return self._lower + self._width * (data - self._offset) / self._spread

    def fit_transform(self, X: npt.ArrayLike) -> Float64Array:
        """Fit on `X`, shape (n, d), and return it scaled."""
        return self.fit(X).transform(X)

    def inverse_transform(self, Z: npt.ArrayLike) -> Float64Array:
        """Return the data, shape (m, d), whose transform is `Z`."""
        data = self._checked(Z, "Z")
        return self._offset + self._spread * (data - self._lower) / self._width

    def _checked(self, values: npt.ArrayLike, name: str) -> Float64Array:
        """`values` as a matrix with the columns of the rows so far."""
        if not self._count:
            raise RuntimeError(f"{type(self).__name__} must be fitted first: call fit")
        data = _as_matrix(values, name)
        if data.shape[1] != self._offset.size:
            raise ValueError(f"{name} must have shape (m, {self._offset.size}), as before, got shape {data.shape}")
        return data


class StandardScaler(_ColumnScaler):
    """Scales each column to mean 0 and standard deviation 1 (ddof 0); a constant column becomes 0.

    Batches are merged by their means and sums of squared deviations, as in Chan, Golub and LeVeque (1979).
    """

    _squares: Float64Array
    _first: Float64Array
    _constant: npt.NDArray[np.bool_]

    def fit(self, X: npt.ArrayLike) -> Self:
        """Forget everything, and learn from `X`, shape (n, d)."""
        data = _as_matrix(X)
        self._count, self._first = 0, data[0].copy()
        self._offset = self._squares = np.zeros(data.shape[1])
        self._constant = np.ones(data.shape[1], dtype=bool)
        return self._merge(data)

    def partial_fit(self, X: npt.ArrayLike) -> Self:
        """Take in one more batch, shape (m, d); an error leaves the scaler as it was."""
        return self._merge(self._checked(X, "X")) if self._count else self.fit(X)

    def _merge(self, batch: Float64Array) -> Self:
        n, m = self._count, len(batch)
        mean = batch.mean(axis=0)
        step = mean - self._offset
        self._squares = self._squares + ((batch - mean) ** 2).sum(axis=0) + step**2 * (n * m / (n + m))
        self._offset = self._offset + step * (m / (n + m))
        # A constant column is known by its values: the sum of squares of equal values may be 1e-34 and not 0.
        self._constant = self._constant & (batch == self._first).all(axis=0)
        self._spread = np.where(self._constant, 1.0, np.sqrt(self._squares / (n + m)))
        self._count = n + m
        return self


class MinMaxScaler(_ColumnScaler):
    """Scales each column linearly, so that its values in `fit` span `feature_range`; a constant column becomes lo."""

    def __init__(self, feature_range: tuple[float, float] = (0, 1)) -> None:
        lower, upper = feature_range
        if not lower < upper:
            raise ValueError(f"feature_range must be (lo, hi) with lo < hi, got {feature_range}")
        self._lower, self._width = lower, upper - lower

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn the extremes of each column of `X`, shape (n, d)."""
        data = _as_matrix(X)
        spread = np.ptp(data, axis=0)
        self._count, self._offset = len(data), data.min(axis=0)
        self._spread = np.where(spread == 0, 1.0, spread)
        return self


def _as_matrix(values: npt.ArrayLike, name: str = "X") -> Float64Array:
    """`values` as a float64 array with two axes."""
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"{name} must have shape (n, d), no axis of length zero, got shape {data.shape}")
    return data
