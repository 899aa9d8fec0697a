"""Principal component analysis with whitening and the way back: the reference of the follow-up."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]

NO_VARIANCE = 1e-12
"""A component whose variance is at most this much of the largest holds rounding: there is nothing to scale it by."""


class PCA:
    """Projection onto the directions of largest variance (Pearson 1901; Hotelling 1933).

    `n_components` is how many directions to keep, 1 ... min(n, d); `whiten` gives scores variance 1 (ddof 1). After `fit`:
    `mean` (d,), `components` (n_components, d) with orthonormal rows in order of falling variance,
    `explained_variance_ratio` (n_components,), all three the same with and without whitening.
    """

    mean: Float64Array
    components: Float64Array
    explained_variance_ratio: Float64Array

    def __init__(self, n_components: int = 2, whiten: bool = False) -> None:
        self.n_components = n_components
        self.whiten = whiten
        self._is_fitted = False

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn mean, components and scales of `X`, shape (n, d)."""
        data = _as_matrix(X, "X")
        if not 1 <= self.n_components <= min(data.shape):
            raise ValueError(f"n_components must be in 1 ... {min(data.shape)}, got {self.n_components}")
        k = self.n_components
        self.mean = data.mean(axis=0)
        # The right singular vectors are the eigenvectors of the covariance, without squaring the condition number.
        _, singular_values, rows = np.linalg.svd(data - self.mean, full_matrices=False)
        squares = singular_values**2
        total = squares.sum()
        self.components = rows[:k]
        self.explained_variance_ratio = squares[:k] / total if total > 0 else np.zeros(k)
        has_variance = squares[:k] > NO_VARIANCE * squares[0]
        # A single row has no component with variance: that n - 1 is 0 then does not matter.
        deviations = singular_values[:k] / np.sqrt(max(len(data) - 1, 1))
        self._deviations = np.where(has_variance, deviations, 0.0)
        self._is_fitted = True
        return self

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return the coordinates of `X`, shape (m, d), along the components: shape (m, n_components).

        When whitening, each is divided by the standard deviation along its component, and 0 where there is none. Raises
        `RuntimeError` before `fit`, and `ValueError` for a wrong shape.
        """
        self._check_fitted("transform")
        data = _as_matrix(X, "X")
        if data.shape[1] != len(self.mean):
            raise ValueError(f"X must have shape (m, {len(self.mean)}), as in fit, got shape {data.shape}")
        scores = np.asarray((data - self.mean) @ self.components.T)
        if not self.whiten:
            return scores
        return np.divide(scores, self._deviations, out=np.zeros_like(scores), where=self._deviations > 0)

    def fit_transform(self, X: npt.ArrayLike) -> Float64Array:
        """Fit on `X`, shape (n, d), and return its coordinates, shape (n, n_components)."""
        return self.fit(X).transform(X)

    def inverse_transform(self, Z: npt.ArrayLike) -> Float64Array:
        """Return the points whose coordinates are `Z`, shape (m, n_components): shape (m, d).

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape.
        """
        self._check_fitted("inverse_transform")
        scores = _as_matrix(Z, "Z")
        if scores.shape[1] != len(self.components):
            raise ValueError(f"Z must have {len(self.components)} columns, one a component, got {scores.shape[1]}")
        if self.whiten:
            scores = scores * self._deviations
        return np.asarray(scores @ self.components + self.mean)

    def _check_fitted(self, method: str) -> None:
        if not self._is_fitted:
            raise RuntimeError(f"{method} needs a fitted PCA: call fit first")


def _as_matrix(values: npt.ArrayLike, name: str) -> Float64Array:
    """`values` as a float64 array with two axes."""
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"{name} must have two axes, none of length zero, got shape {data.shape}")
    return data
