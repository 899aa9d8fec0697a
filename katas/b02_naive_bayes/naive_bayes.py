"""Gaussian naive Bayes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class NaiveBayes:
    """A classifier that takes the features of a class to be independent and normal.

    Attributes, after `fit`:
        classes: array (C,), the distinct labels, sorted.
        class_priors: label -> share of the training rows that have it, a float.
        feature_likelihoods: label -> (mean, variance), two float64 arrays (d,); the variance with the smoothing.
    """

    classes: npt.NDArray[Any]
    class_priors: dict[Any, float]
    feature_likelihoods: dict[Any, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]

    def __init__(self) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> NaiveBayes:
        """Learn priors, means and variances from `X` (n, d) and labels `y` (n,); forget any earlier fit; return `self`.

        Raises:
            ValueError: X is not 2-D, y is not 1-D, their lengths differ, or an axis has length zero.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable label of each row of `X` (m, d), shape (m,).

        Raises:
            RuntimeError: there was no `fit`.
            ValueError: X is not 2-D, has an axis of length zero, or another number of features than in `fit`.
        """
        raise NotImplementedError

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return P(class | row) for `X` (m, d): a float64 array (m, C), columns in the order of `classes`.

        Raises:
            RuntimeError: there was no `fit`.
            ValueError: X is not 2-D, has an axis of length zero, or another number of features than in `fit`.
        """
        raise NotImplementedError
