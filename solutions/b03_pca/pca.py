"""Principal component analysis: the reference, by singular value decomposition of the centred data."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class PCA:
    """Projection onto the directions of largest variance (Pearson 1901; Hotelling 1933).

    `n_components` is how many directions to keep, 1 ... min(n, d). After `fit`: `mean` (d,), `components`
    (n_components, d) with orthonormal rows in order of falling variance, `explained_variance_ratio` (n_components,).
    """

    mean: Float64Array
    components: Float64Array
    explained_variance_ratio: Float64Array

    def __init__(self, n_components: int = 2) -> None:
        self.n_components = n_components
        self._is_fitted = False

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn mean and components of `X`, shape (n, d)."""
        data = _as_matrix(X)
        if not 1 <= self.n_components <= min(data.shape):
            raise ValueError(f"n_components must be in 1 ... {min(data.shape)}, got {self.n_components}")
        k = self.n_components
        self.mean = data.mean(axis=0)
        # The right singular vectors are the eigenvectors of the covariance, without squaring the condition number.
        _, singular_values, rows = np.linalg.svd(data - self.mean, full_matrices=False)
        variances = singular_values**2 / len(data)
        total = variances.sum()
        self.components = rows[:k]
        self.explained_variance_ratio = variances[:k] / total if total > 0 else np.zeros(k)
        self._is_fitted = True
        return self

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return the coordinates of `X`, shape (m, d), along the components: shape (m, n_components)."""
        if not self._is_fitted:
            raise RuntimeError("transform needs a fitted PCA: call fit first")
        data = _as_matrix(X)
        if data.shape[1] != len(self.mean):
            raise ValueError(f"X must have shape (m, {len(self.mean)}), as in fit, got shape {data.shape}")
        return np.asarray((data - self.mean) @ self.components.T)

    def fit_transform(self, X: npt.ArrayLike) -> Float64Array:
        """Fit on `X`, shape (n, d), and return its coordinates, shape (n, n_components)."""
        return self.fit(X).transform(X)


def _as_matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 array with two axes."""
    data = np.asarray(X, dtype=np.float64)
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {data.shape}")
    return data
