"""Linear regression by gradient descent."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt


class LinearRegression:
    """Least squares with a bias, by batch gradient descent on half the mean squared error.

    Args:
        learning_rate: factor of the gradient, above 0.
        n_iterations: number of steps, at least 1.
        random_state: seed of the start, generator to draw it from, or None for another start at each fit.

    Attributes after `fit` on m samples of d features:
        weights: shape (d,).
        bias: a number.
        cost_history: the cost before each step, n_iterations numbers.
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        n_iterations: int = 1000,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn weights and bias from samples `X`, shape (m, d), and targets `y`, shape (m,); return self.

        Raises `ValueError` for any other shapes and an axis of length zero.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return predictions, shape (q,), for samples `X`, shape (q, d).

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape or an axis of length zero.
        """
        raise NotImplementedError

    def score(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return R² of the predictions for `X`, shape (q, d), against targets `y`, shape (q,), q at least 2.

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape or an axis of length zero.
        """
        raise NotImplementedError
