"""Principal component analysis."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class PCA:
    """Projection onto the directions of largest variance.

    Args:
        n_components: how many directions to keep, 1 ... min(n, d); checked in `fit`.

    Attributes after `fit` on n samples of d features:
        mean: mean of each feature, shape (d,).
        components: orthonormal rows in order of falling variance, shape (n_components, d). Signs are free.
        explained_variance_ratio: share of the *total* variance that each component explains, shape (n_components,).
    """

    def __init__(self, n_components: int = 2) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn mean and components of `X`, shape (n, d); returns the object itself.

        Raises `ValueError` for anything but two axes, for an axis of length zero, and for `n_components` outside
        1 ... min(n, d).
        """
        raise NotImplementedError

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return coordinates of `X`, shape (m, d), along the components: shape (m, n_components).

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape or an axis of length zero.
        """
        raise NotImplementedError

    def fit_transform(self, X: npt.ArrayLike) -> Float64Array:
        """Fit on `X`, shape (n, d), and return its coordinates, shape (n, n_components)."""
        raise NotImplementedError
