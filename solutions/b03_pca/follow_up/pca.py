"""Principal component analysis with whitening and the way back: the reference of the follow-up."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]

LEAST_RATIO = 1e-12
"""A component that explains less is taken to have no variance: what it has is rounding."""


class PCA:
    """Projection onto the directions of largest variance (Pearson 1901; Hotelling 1933).

    `n_components` is how many directions to keep, 1 ... min(n, d); `whiten` scales coordinates to unit
    variance. After `fit`: `mean` (d,), `components`
    (n_components, d) with orthonormal rows in order of falling variance, `explained_variance_ratio` (n_components,).
    """

    mean: Float64Array
    components: Float64Array
    explained_variance_ratio: Float64Array

    def __init__(self, n_components: int = 2, whiten: bool = False) -> None:
        self.n_components = n_components
        self.whiten = whiten
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
        variances = singular_values**2
        # Equal rows differ from their mean in the last bit; what is left of them then is rounding, not variance.
        total = 0.0 if np.all(data == data[0]) else variances.sum()
        self.components = rows[:k]
        self.explained_variance_ratio = variances[:k] / total if total > 0 else np.zeros(k)
        deviations = singular_values[:k] / np.sqrt(len(data))
        self._deviations = np.where(self.explained_variance_ratio < LEAST_RATIO, 0.0, deviations)
        self._is_fitted = True
        return self

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return the coordinates of `X`, shape (m, d), along the components: shape (m, n_components)."""
        self._require_fit("transform")
        data = _as_matrix(X)
        if data.shape[1] != len(self.mean):
            raise ValueError(f"X must have {len(self.mean)} features, as in fit, got {data.shape[1]}")
        coordinates = np.asarray((data - self.mean) @ self.components.T)
        if self.whiten:
            varies = self._deviations > 0
            coordinates[:, varies] /= self._deviations[varies]
            coordinates[:, ~varies] = 0.0
        return coordinates

    def inverse_transform(self, Z: npt.ArrayLike) -> Float64Array:
        """Return the points, shape (m, d), that have the coordinates `Z`, shape (m, n_components), as `transform` gives them.

        Raises `RuntimeError` before `fit`, and `ValueError` for any other shape.
        """
        self._require_fit("inverse_transform")
        coordinates = _as_matrix(Z, "Z")
        if coordinates.shape[1] != len(self.components):
            raise ValueError(f"Z must have {len(self.components)} columns, one a component, got {coordinates.shape[1]}")
        if self.whiten:
            coordinates = coordinates * self._deviations
        return np.asarray(coordinates @ self.components + self.mean)

    def fit_transform(self, X: npt.ArrayLike) -> Float64Array:
        """Fit on `X`, shape (n, d), and return its coordinates, shape (n, n_components)."""
        return self.fit(X).transform(X)

    def _require_fit(self, method: str) -> None:
        if not self._is_fitted:
            raise RuntimeError(f"{method} needs a fitted PCA: call fit first")


def _as_matrix(values: npt.ArrayLike, name: str = "X") -> Float64Array:
    """`values` as a float64 array with two axes and at least one element."""
    data = np.asarray(values, dtype=np.float64)
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"{name} must be a matrix with at least one row and one column, got shape {data.shape}")
    return data
