"""Linear regression with a penalty that is partly L1 and partly L2."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt


class ElasticNet:
    """Least squares plus alpha * (l1_ratio * |w|_1 + (1 - l1_ratio) / 2 * |w|_2^2); the bias is free.

    Args:
        alpha: strength of the penalty, at least 0.
        l1_ratio: share of the L1 part, from 0 (ridge) to 1 (lasso).
        max_iterations: number of iterations (sweeps over all weights) at which the solver gives up, at least 1.
        tolerance: the solver is done when an iteration moves no weight by more, at least 0.

    Attributes after `fit` on n samples of d features:
        weights: shape (d,); those that the penalty switches off are exactly 0.
        bias: a number.
    """

    def __init__(
        self, alpha: float = 1.0, l1_ratio: float = 0.5, max_iterations: int = 1000, tolerance: float = 1e-8
    ) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn weights and bias from samples `X`, shape (n, d), and targets `y`, shape (n,); return self.

        Raises `ValueError` for any other shapes and an axis of length zero.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return predictions, shape (q,), for samples `X`, shape (q, d).

        Raises `RuntimeError` before `fit`, and `ValueError` for a wrong shape or an axis of length zero.
        """
        raise NotImplementedError
