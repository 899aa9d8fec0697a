"""Imputation."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt


class Imputer:
    """Fills missing values, which are NaN, with a number for each column.

    Args:
        strategy: "mean", "median", "most_frequent" (the smallest on a tie) or "constant".
        fill_value: the number for "constant", 0 where it is None; other strategies do not use it.

    Raises:
        ValueError: the strategy is unknown (here or in `fit`).
    """

    def __init__(self, strategy: str = "mean", fill_value: float | None = None) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike) -> Self:
        """Learn what to fill in from the values of each column that are not missing.

        Args:
            X: numbers and NaN, shape (n, d).

        Returns:
            The object itself.

        Raises:
            ValueError: `X` has not two axes, an axis has length zero, or a column is NaN throughout, unless the strategy
                is "constant".
        """
        raise NotImplementedError

    def transform(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return a copy in which each NaN is what `fit` has learned for its column.

        Args:
            X: numbers and NaN, shape (m, d).

        Returns:
            A new array of shape (m, d).

        Raises:
            RuntimeError: there was no `fit`.
            ValueError: `X` has not two axes, an axis has length zero, or it has another number of columns than in `fit`.
        """
        raise NotImplementedError
