"""Randomized SVD by subspace iteration (Halko, Martinsson and Tropp 2011): the reference."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def randomized_svd(
    X: npt.ArrayLike,
    k: int,
    n_oversamples: int = 10,
    n_iterations: int = 4,
    random_state: int | np.random.Generator | None = None,
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return U (n, k), s (k,) and Vt (k, d), nearly the k largest singular values of `X`, and their vectors."""
    matrix = _as_matrix(X)
    n, d = matrix.shape
    if not 1 <= k <= min(n, d):
        raise ValueError(f"k must be in 1 ... {min(n, d)} for shape {matrix.shape}, got {k}")
    if n_oversamples < 0 or n_iterations < 0:
        raise ValueError(f"n_oversamples and n_iterations must be at least 0, got {n_oversamples} and {n_iterations}")
    directions = np.random.default_rng(random_state).normal(size=(d, min(k + n_oversamples, n, d)))
    basis = _orthonormal(matrix @ directions)
    for _ in range(n_iterations):  # each weighs the singular values two powers more; without a basis, small ones drown
        basis = _orthonormal(matrix @ _orthonormal(matrix.T @ basis))
    small_U, s, Vt = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    return basis @ small_U[:, :k], s[:k], Vt[:k]


class RandomizedPCA:
    """The directions of largest variance, by `randomized_svd`."""

    mean: Float64Array
    components: Float64Array
    explained_variance_ratio: Float64Array

    def __init__(self, n_components: int = 2, random_state: int | np.random.Generator | None = None) -> None:
        self.n_components = n_components
        self.random_state = random_state
        self._is_fitted = False

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn mean and components of `X`, shape (n, d); return self."""
        matrix = _as_matrix(X)
        mean = matrix.mean(axis=0)
        centred = matrix - mean
        _, s, components = randomized_svd(centred, self.n_components, random_state=self.random_state)
        total = float(np.sum(centred**2))
        self.mean, self.components = mean, components
        self.explained_variance_ratio = s**2 / total if total > 0 else np.zeros(len(s))
        self._is_fitted = True
        return self

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return coordinates, shape (m, n_components), of the rows of `X`, shape (m, d), along the components."""
        if not self._is_fitted:
            raise RuntimeError("transform needs a fitted RandomizedPCA: call fit first")
        rows = _as_matrix(X)
        if rows.shape[1] != len(self.mean):
            raise ValueError(f"X must have shape (m, {len(self.mean)}), as in fit, got shape {rows.shape}")
        return np.asarray((rows - self.mean) @ self.components.T)


def _orthonormal(columns: Float64Array) -> Float64Array:
    """An orthonormal basis of the span of the columns."""
    return np.asarray(np.linalg.qr(columns)[0])


def _as_matrix(X: npt.ArrayLike) -> Float64Array:
    matrix = np.asarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {matrix.shape}")
    return matrix
