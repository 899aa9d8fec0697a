"""A random forest for classification."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class RandomForest:
    """The mean of trees that are grown on bootstrap samples and see a few features at each split.

    Args:
        n_trees: how many trees, at least 1.
        max_depth: how many splits there may be on the way to a leaf, at least 0; None for no limit.
        max_features: how many features each split draws: "sqrt", an integer from 1 to d, or None for all.
        random_state: an int starts each `fit` from that seed, a Generator is drawn from, None draws anew.

    Attributes, after `fit` on n rows with labels of K classes:
        classes_: the distinct labels, sorted, shape (K,).
        bootstrap_indices_: the rows that each tree was grown on, integers, shape (n_trees, n).
        oob_score_: accuracy by the trees that have not seen the row; NaN where there is none.
    """

    classes_: npt.NDArray[Any]
    bootstrap_indices_: npt.NDArray[np.intp]
    oob_score_: float

    def __init__(
        self,
        n_trees: int = 50,
        max_depth: int | None = None,
        max_features: int | str | None = "sqrt",
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> RandomForest:
        """Grow the trees on rows `X` (n, d) with labels `y` (n,), integers or strings; return self.

        Raises:
            ValueError: a wrong shape, an axis of length zero, lengths that differ, or a parameter out of range.
        """
        raise NotImplementedError

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the mean over all trees of the shares of the classes, (q, K), for rows `X` (q, d). Errors as `predict`."""
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the label with the largest mean share for each row of `X` (q, d), shape (q,); ties: the smallest.

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape, no rows, or other columns than in `fit`.
        """
        raise NotImplementedError
