"""AdaBoost on decision stumps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class AdaBoost:
    """Boosting of decision stumps by SAMME, for any number of classes.

    Args:
        n_estimators: the most stumps that are learned, at least 1; checked by `fit`.

    Attributes, after `fit` has kept T stumps:
        classes_: the distinct labels, sorted, shape (K,).
        stumps_: T tuples (feature, threshold, label_below, label_above); "below" is `x[feature] <= threshold`.
        estimator_errors_: the weighted error of each stump, float64, shape (T,).
        estimator_weights_: the weight alpha of each stump, float64, shape (T,).
    """

    classes_: npt.NDArray[Any]
    stumps_: list[tuple[int, float, Any, Any]]
    estimator_errors_: npt.NDArray[np.float64]
    estimator_weights_: npt.NDArray[np.float64]

    def __init__(self, n_estimators: int = 50) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> AdaBoost:
        """Learn stumps from `X` (n, d) and labels `y` (n,), integers or strings; return self.

        Raises:
            ValueError: a wrong shape, an axis of length zero, lengths that differ, or n_estimators below 1.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the label with the largest sum of alpha for each row of `X` (q, d), shape (q,); ties: the smallest.

        Raises:
            RuntimeError: there was no `fit`.
            ValueError: a wrong shape, an axis of length zero, or not as many features as in `fit`.
        """
        raise NotImplementedError
