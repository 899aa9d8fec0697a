"""Truncated singular value decomposition by random projection, and principal components by it."""

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
    """Return U (n, k), s (k,) and Vt (k, d), nearly the k largest singular values of `X`, shape (n, d), and their vectors.

    Args:
        X: matrix of shape (n, d).
        k: how many to return, 1 ... min(n, d).
        n_oversamples: how many more random directions to project on, at least 0.
        n_iterations: power iterations, at least 0.
        random_state: seed, generator to draw from, or None for other directions at each call.

    Raises `ValueError` for a wrong shape, an axis of length zero, and numbers out of range.
    """
    raise NotImplementedError


class RandomizedPCA:
    """The directions of largest variance, by `randomized_svd`.

    Args:
        n_components: how many directions to keep, 1 ... min(n, d); checked in `fit`.
        random_state: as in `randomized_svd`.

    Attributes after `fit` on n samples of d features:
        mean: shape (d,).
        components: orthonormal rows in order of falling variance, shape (n_components, d). Signs are free.
        explained_variance_ratio: share of the total variance that each component explains, shape (n_components,).
    """

    def __init__(self, n_components: int = 2, random_state: int | np.random.Generator | None = None) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn mean and components of `X`, shape (n, d); return self. Raises `ValueError` as `randomized_svd` does."""
        raise NotImplementedError

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return coordinates, shape (m, n_components), of the rows of `X`, shape (m, d), along the components.

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape or an axis of length zero.
        """
        raise NotImplementedError
