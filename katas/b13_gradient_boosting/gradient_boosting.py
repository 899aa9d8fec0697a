"""Gradient boosting of regression trees for the squared error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class GradientBoostingRegressor:
    """The mean of the targets, and small trees that are fitted to the residuals, each added in part.

    Args:
        n_estimators: how many trees, at least 1.
        learning_rate: the part of each tree that is added, above 0 and at most 1.
        max_depth: how many splits a tree has on the way to a leaf, at least 1.

    Attributes, after `fit`:
        train_loss_: mean squared errors on the training rows, of the mean and after each tree, (n_estimators + 1,).
    """

    train_loss_: npt.NDArray[np.float64]

    def __init__(self, n_estimators: int = 100, learning_rate: float = 0.1, max_depth: int = 2) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> GradientBoostingRegressor:
        """Grow the trees on rows `X` (n, d) with targets `y` (n,); return self.

        Raises:
            ValueError: a wrong shape, an axis of length zero, lengths that differ, or a parameter out of range.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the prediction of all trees for each row of `X` (q, d), shape (q,). Errors as `staged_predict`."""
        raise NotImplementedError

    def staged_predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the predictions of the mean alone and after each tree, shape (n_estimators + 1, q), for `X` (q, d).

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape, no rows, or other columns than in `fit`.
        """
        raise NotImplementedError
