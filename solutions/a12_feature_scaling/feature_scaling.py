"""Feature scaling: the reference. Both scalers are one linear map for each column, and differ in what they learn."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class _ColumnScaler:
    """z = lower + width * (x - offset) / spread, with an offset and a spread for each column."""

    _lower, _width = 0.0, 1.0
    _offset: Float64Array
    _spread: Float64Array
    _is_fitted = False

    def _learn(self, data: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return offset and spread of each column."""
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn offset and spread of each column of `X`, shape (n, d)."""
        data = _as_matrix(X)
        self._offset, spread = self._learn(data)
        # The values are compared, not the spread with 0: the mean of equal values may differ from them in the last bit.
        self._spread = np.where((data == data[0]).all(axis=0), 1.0, spread)
        self._is_fitted = True
        return self

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return `X`, shape (m, d), scaled by what `fit` learned."""
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
        """`values` as a matrix with the columns of `fit`."""
        if not self._is_fitted:
            raise RuntimeError(f"{type(self).__name__} must be fitted first: call fit")
        data = _as_matrix(values, name)
        if data.shape[1] != self._offset.size:
            raise ValueError(f"{name} must have shape (m, {self._offset.size}), as in fit, got shape {data.shape}")
        return data


class StandardScaler(_ColumnScaler):
    """Scales each column to mean 0 and standard deviation 1 (ddof 0); a constant column becomes 0."""

    def _learn(self, data: Float64Array) -> tuple[Float64Array, Float64Array]:
        return data.mean(axis=0), data.std(axis=0)


class MinMaxScaler(_ColumnScaler):
    """Scales each column linearly, so that its values in `fit` span `feature_range`; a constant column becomes lo."""

    def __init__(self, feature_range: tuple[float, float] = (0, 1)) -> None:
        lower, upper = feature_range
        if not lower < upper:
            raise ValueError(f"feature_range must be (lo, hi) with lo < hi, got {feature_range}")
        self._lower, self._width = lower, upper - lower

    def _learn(self, data: Float64Array) -> tuple[Float64Array, Float64Array]:
        return data.min(axis=0), np.ptp(data, axis=0)


def _as_matrix(values: npt.ArrayLike, name: str = "X") -> Float64Array:
    """`values` as a float64 array with two axes."""
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"{name} must have shape (n, d), no axis of length zero, got shape {data.shape}")
    return data
