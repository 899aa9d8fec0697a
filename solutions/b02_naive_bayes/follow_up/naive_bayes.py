"""Gaussian naive Bayes that learns from a stream as well: the reference of the follow-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SMOOTHING = 1e-9
"""Added to every variance, times the largest variance of a feature: no density is infinitely narrow."""


@dataclass(frozen=True)
class _Moments:
    """What is kept of some rows, for each feature: enough to merge, and nothing of the rows."""

    count: int
    mean: FloatArray
    squares: FloatArray
    """Squared differences from the mean, summed up."""
    least: FloatArray
    largest: FloatArray

    @classmethod
    def of(cls, rows: FloatArray) -> _Moments:
        """The moments of rows (n, d)."""
        mean = rows.mean(axis=0)
        return cls(len(rows), mean, np.sum((rows - mean) ** 2, axis=0), rows.min(axis=0), rows.max(axis=0))

    def merge(self, other: _Moments) -> _Moments:
        """The moments of both sets of rows together (Chan, Golub and LeVeque, 1979)."""
        count = self.count + other.count
        delta = other.mean - self.mean
        return _Moments(
            count,
            self.mean + delta * (other.count / count),
            self.squares + other.squares + delta**2 * (self.count * other.count / count),
            np.minimum(self.least, other.least),
            np.maximum(self.largest, other.largest),
        )


class NaiveBayes:
    """A classifier that takes the features of a class to be independent and normal.

    Attributes, after `fit`:
        classes: array (C,), the distinct labels, sorted.
        class_priors: label -> share of the training rows that have it, a float.
        feature_likelihoods: label -> (mean, variance), two float64 arrays (d,); the variance with the smoothing.
    """

    classes: npt.NDArray[Any]
    class_priors: dict[Any, float]
    feature_likelihoods: dict[Any, tuple[FloatArray, FloatArray]]

    def __init__(self) -> None:
        self._groups: dict[Any, _Moments] = {}

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> NaiveBayes:
        """Learn priors, means and variances from `X` (n, d) and labels `y` (n,); forget any earlier fit; return `self`.

        Raises `ValueError` when X is not 2-D, y is not 1-D, their lengths differ, or an axis has length zero.
        """
        return self._learn({}, X, y)

    def partial_fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> NaiveBayes:
        """Take in a batch as well: afterwards all is as after one `fit` on all rows so far. Return `self`.

        Raises `ValueError` as `fit` does, and for a number of features unlike that of earlier batches; nothing changes then.
        """
        return self._learn(self._groups, X, y)

    def _learn(self, groups: dict[Any, _Moments], X: npt.ArrayLike, y: npt.ArrayLike) -> NaiveBayes:
        """Merge a batch into `groups` (label -> moments), and set all that is derived from them."""
        rows = _matrix(X)
        labels = np.asarray(y)
        if labels.shape != (len(rows),):
            raise ValueError(f"y must have one label for each row of X, shape ({len(rows)},), got shape {labels.shape}")
        features = {len(group.mean) for group in groups.values()} or {rows.shape[1]}
        if features != {rows.shape[1]}:
            raise ValueError(f"X must have {features.pop()} features, as in earlier batches, got shape {rows.shape}")

        # NumPy finds the common dtype: strings grow, integers stay integers.
        classes = np.unique(np.concatenate([self.classes, labels]) if groups else labels)
        merged = {}
        for name in classes.tolist():
            parts = [groups[name]] if name in groups else []
            members = rows[labels == name]
            parts += [_Moments.of(members)] if len(members) else []
            merged[name] = reduce(_Moments.merge, parts)
        self.classes, self._groups = classes, merged
        self._derive()
        return self

    def _derive(self) -> None:
        """Set priors, means and smoothed variances from the moments."""
        groups = list(self._groups.values())
        together = reduce(_Moments.merge, groups)
        smoothing = _smoothing(together)
        priors = np.array([group.count / together.count for group in groups])
        names = list(self._groups)
        self._log_priors = np.log(priors)
        self._means = np.stack([group.mean for group in groups])
        self._variances = np.stack([group.squares / group.count for group in groups]) + smoothing
        self.class_priors = dict(zip(names, priors.tolist(), strict=True))
        self.feature_likelihoods = dict(zip(names, zip(self._means, self._variances, strict=True), strict=True))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable label of each row of `X` (m, d), shape (m,); a tie goes to the first of `classes`.

        Raises `RuntimeError` before `fit`, and `ValueError` for anything but m >= 1 rows of the d features of `fit`.
        """
        # Normalising would not change the order, and argmax takes the first of equals.
        best = self._log_joint(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes[best]
        return labels

    def predict_proba(self, X: npt.ArrayLike) -> FloatArray:
        """Return P(class | row) for `X` (m, d): a float64 array (m, C), columns in the order of `classes`.

        Raises `RuntimeError` before `fit`, and `ValueError` for anything but m >= 1 rows of the d features of `fit`.
        """
        log_joint = self._log_joint(X)
        # The largest of each row becomes exp(0) = 1: the sum can neither vanish nor overflow.
        joint = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        posterior: FloatArray = joint / joint.sum(axis=1, keepdims=True)
        return posterior

    def _log_joint(self, X: npt.ArrayLike) -> FloatArray:
        """Logarithm of P(class) times the product over features of N(x; mean, variance), shape (m, C)."""
        if not self._groups:
            raise RuntimeError("this NaiveBayes has not been fitted: call fit(X, y) first")
        rows = _matrix(X)
        features = self._means.shape[1]
        if rows.shape[1] != features:
            raise ValueError(f"X must have the {features} features of fit, got shape {rows.shape}")
        log_joint = np.empty((len(rows), len(self.classes)))
        # A loop over the few classes, whole arrays inside, needs no (m, C, d) block.
        for c, (log_prior, mean, variance) in enumerate(
            zip(self._log_priors, self._means, self._variances, strict=True)
        ):
            log_norm = -0.5 * np.sum(np.log(2 * np.pi * variance))
            log_joint[:, c] = log_prior + log_norm - 0.5 * np.sum((rows - mean) ** 2 / variance, axis=1)
        return log_joint


def _matrix(X: npt.ArrayLike) -> FloatArray:
    """`X` as a float64 matrix with rows and columns; `ValueError` for anything else."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(f"X must be 2-D with at least one row and one column, got shape {rows.shape}")
    return rows


def _smoothing(rows: _Moments) -> float:
    """What is added to each variance: 1e-9 times the largest of a column, or 1e-9 if all columns are constant."""
    # Values are compared, because the variance of a constant column need not be 0: the mean of [0.1] * 3 is not 0.1.
    varies = rows.least < rows.largest
    return SMOOTHING * float(rows.squares[varies].max() / rows.count) if varies.any() else SMOOTHING
