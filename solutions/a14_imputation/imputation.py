"""Imputation: the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def _most_frequent(values: Float64Array) -> Any:
    distinct, counts = np.unique(values, return_counts=True)
    return distinct[counts.argmax()]  # the first of the largest counts, and `distinct` is sorted: the smallest value


_STATISTICS: dict[str, Callable[[Float64Array], Any]] = {
    "mean": np.mean,
    "median": np.median,
    "most_frequent": _most_frequent,
}


class Imputer:
    """Fills NaN with a number for each column, which `fit` learns from the values that are there.

    `strategy` is "mean", "median", "most_frequent" (the smallest on a tie) or "constant": `fill_value`, 0 for None.
    """

    def __init__(self, strategy: str = "mean", fill_value: float | None = None) -> None:
        if strategy not in {*_STATISTICS, "constant"}:
            raise ValueError(f"strategy must be one of {', '.join(_STATISTICS)} and constant, got {strategy!r}")
        self.strategy = strategy
        self.fill_value = 0.0 if fill_value is None else fill_value
        self._fill: Float64Array | None = None

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn what to fill in for each column of `X`, shape (n, d)."""
        data = _as_matrix(X)
        if self.strategy == "constant":
            self._fill = np.full(data.shape[1], self.fill_value)
            return self
        missing = np.isnan(data)
        empty = missing.all(axis=0)
        if empty.any():
            raise ValueError(f"each column of X must have a value, got only NaN in columns {np.flatnonzero(empty)}")
        statistic = _STATISTICS[self.strategy]
        self._fill = np.array([statistic(column[~absent]) for column, absent in zip(data.T, missing.T, strict=True)])
        return self

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return a copy of `X`, shape (m, d), with each NaN replaced by what `fit` has learned for its column."""
        if self._fill is None:
            raise RuntimeError("transform needs a fitted Imputer: call fit first")
        data = _as_matrix(X)
        if data.shape[1] != self._fill.size:
            raise ValueError(f"X must have shape (m, {self._fill.size}), as in fit, got shape {data.shape}")
        return np.where(np.isnan(data), self._fill, data)


def _as_matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 array with two axes."""
    data = np.asarray(X, dtype=np.float64)
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {data.shape}")
    return data
