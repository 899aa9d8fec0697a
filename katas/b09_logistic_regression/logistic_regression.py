"""Logistic regression with an L2 penalty."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt


class LogisticRegression:
    """Two-class classifier of least mean cross-entropy plus l2 / 2 times the sum of squared weights.

    Args:
        l2: strength of the penalty on the weights, at least 0; the bias is free.
        max_iterations: number of iterations at which the solver gives up, at least 1.
        tolerance: the solver is done when no entry of the gradient is larger, at least 0.

    Attributes after `fit` on n samples of d features:
        weights: shape (d,).
        bias: a number.
        classes_: the two labels, sorted, shape (2,); scores above 0 speak for the second.
    """

    def __init__(self, l2: float = 1.0, max_iterations: int = 1000, tolerance: float = 1e-8) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn weights and bias from samples `X`, shape (n, d), and labels `y`, shape (n,); return self.

        Raises `ValueError` for any other shapes, an axis of length zero, and anything but two distinct labels.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the more probable label, shape (q,), of each sample of `X`, shape (q, d).

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape or an axis of length zero.
        """
        raise NotImplementedError

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return probabilities of both labels, shape (q, 2), columns in the order of `classes_`.

        Arguments and errors are those of `predict`.
        """
        raise NotImplementedError
