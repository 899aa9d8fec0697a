"""Feature scaling."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class StandardScaler:
    """Scales each column to mean 0 and standard deviation 1 (ddof 0); a constant column becomes 0.

    Raises `ValueError` for anything but two axes, an axis of length zero, or another number of columns than in `fit`,
    and `RuntimeError` for `transform` and `inverse_transform` before `fit`.
    """

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn the mean and deviation of each column of `X`, shape (n, d); returns the object itself."""
        raise NotImplementedError

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return `X`, shape (m, d), scaled by what `fit` learned."""
        raise NotImplementedError

    def fit_transform(self, X: npt.ArrayLike) -> Float64Array:
        """Fit on `X`, shape (n, d), and return it scaled."""
        raise NotImplementedError

    def inverse_transform(self, Z: npt.ArrayLike) -> Float64Array:
        """Return the data, shape (m, d), whose transform is `Z`."""
        raise NotImplementedError


class MinMaxScaler:
    """Scales each column linearly, so that its values in `fit` span `feature_range`; a constant column becomes lo.

    The errors are those of `StandardScaler`, and `ValueError` unless lo < hi.
    """

    def __init__(self, feature_range: tuple[float, float] = (0, 1)) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn the minimum and maximum of each column."""
        raise NotImplementedError

    def transform(self, X: npt.ArrayLike) -> Float64Array:
        """Return `X` scaled by what `fit` learned; nothing is clipped."""
        raise NotImplementedError

    def fit_transform(self, X: npt.ArrayLike) -> Float64Array:
        """Fit on `X` and return it scaled."""
        raise NotImplementedError

    def inverse_transform(self, Z: npt.ArrayLike) -> Float64Array:
        """Return the data whose transform is `Z`."""
        raise NotImplementedError
