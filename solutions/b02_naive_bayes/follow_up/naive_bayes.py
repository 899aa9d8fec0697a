"""Gaussian naive Bayes on a stream: the reference of the follow-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SMOOTHING = 1e-9
"""Added to every variance, times the largest variance of a feature: no density is infinitely narrow."""


class NaiveBayes:
    """A classifier that takes the features of a class to be independent and normal.

    Attributes, after `fit` or `partial_fit`:
        classes: array (C,), the distinct labels, sorted; after `partial_fit` also those without rows so far.
        class_priors: label -> share of the training rows that have it, a float.
        feature_likelihoods: label -> (mean, variance), two float64 arrays (d,); the variance with the smoothing. Classes
            without rows are left out.
    """

    classes: npt.NDArray[Any]
    class_priors: dict[Any, float]
    feature_likelihoods: dict[Any, tuple[FloatArray, FloatArray]]

    def __init__(self) -> None:
        self._fitted = False

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> NaiveBayes:
        """Learn priors, means and variances from `X` (n, d) and labels `y` (n,); forget any earlier fit; return `self`.

        Raises `ValueError` when X is not 2-D, y is not 1-D, their lengths differ, or an axis has length zero.
        """
        rows, labels = _training_set(X, y)
        self._begin(np.unique(labels), rows.shape[1])
        return self._learn(rows, labels)

    def partial_fit(self, X: npt.ArrayLike, y: npt.ArrayLike, classes: npt.ArrayLike | None = None) -> NaiveBayes:
        """Learn from one more batch, `X` (n, d) with labels `y` (n,), as if it had been there from the start; return `self`.

        `classes` (C,) are all labels that there can be; needed unless something has been learned. Raises `ValueError`, and
        changes nothing, for what `fit` refuses, missing classes, labels outside of them, and other features.
        """
        rows, labels = _training_set(X, y)
        if not self._fitted and classes is None:
            raise ValueError("the first call of partial_fit needs classes, all labels that there can be")
        known = self.classes if self._fitted else np.unique(np.asarray(classes))
        strange = ~np.isin(labels, known)
        if np.any(strange):
            raise ValueError(f"labels must be in classes, {known.tolist()}, got {labels[strange][0]!r}")
        if not self._fitted:
            self._begin(known, rows.shape[1])
        elif rows.shape[1] != len(self._total.mean):
            raise ValueError(f"X must have the {len(self._total.mean)} features of before, got shape {rows.shape}")
        return self._learn(rows, labels)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the most probable label of each row of `X` (m, d), shape (m,).

        Raises `RuntimeError` before `fit`, and `ValueError` for anything but rows of the d features of `fit`.
        """
        # Normalising would not change the order.
        best = self._log_joint(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes[best]
        return labels

    def predict_proba(self, X: npt.ArrayLike) -> FloatArray:
        """Return P(class | row) for `X` (m, d): a float64 array (m, C), columns in the order of `classes`.

        Raises `RuntimeError` before `fit`, and `ValueError` for anything but rows of the d features of `fit`.
        """
        log_joint = self._log_joint(X)
        # The largest of each row becomes exp(0) = 1: the sum can neither vanish nor overflow.
        joint = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        posterior: FloatArray = joint / joint.sum(axis=1, keepdims=True)
        return posterior

    def _begin(self, classes: npt.NDArray[Any], features: int) -> None:
        """Forget everything."""
        self.classes = classes
        self._moments = [_Moments(features) for _ in classes]
        self._total = _Moments(features)
        self._fitted = True

    def _learn(self, rows: FloatArray, labels: npt.NDArray[Any]) -> NaiveBayes:
        """Add rows that have been checked, and make the attributes from what has been learned."""
        self._total.add(rows)
        for label, moments in zip(self.classes, self._moments, strict=True):
            moments.add(rows[labels == label])
        largest = float(self._total.variance.max())
        smoothing = SMOOTHING * largest if largest > 0 else SMOOTHING
        named = list(zip(self.classes.tolist(), self._moments, strict=True))
        self.class_priors = {name: moments.count / self._total.count for name, moments in named}
        self.feature_likelihoods = {
            name: (moments.mean.copy(), moments.variance + smoothing) for name, moments in named if moments.count
        }
        return self

    def _log_joint(self, X: npt.ArrayLike) -> FloatArray:
        """Logarithm of P(class) times the product over features of N(x; mean, variance), shape (m, C)."""
        if not self._fitted:
            raise RuntimeError("this NaiveBayes has not been fitted: call fit(X, y) first")
        rows = _matrix(X)
        features = len(self._total.mean)
        if rows.shape[1] != features:
            raise ValueError(f"X must have shape (m, {features}), as in fit, got shape {rows.shape}")
        # A class without rows has the prior 0, whatever its density.
        log_joint = np.full((len(rows), len(self.classes)), -np.inf)
        for c, name in enumerate(self.classes.tolist()):
            if name in self.feature_likelihoods:
                mean, variance = self.feature_likelihoods[name]
                log_norm = np.log(self.class_priors[name]) - 0.5 * np.sum(np.log(2 * np.pi * variance))
                log_joint[:, c] = log_norm - 0.5 * np.sum((rows - mean) ** 2 / variance, axis=1)
        return log_joint


class _Moments:
    """Count, mean and sum of squared differences from the mean of rows that came in batches."""

    def __init__(self, features: int) -> None:
        self.count = 0
        self.mean = np.zeros(features)
        self._squares = np.zeros(features)

    @property
    def variance(self) -> FloatArray:
        """The variance of each feature, divided by the number of rows."""
        return self._squares / self.count

    def add(self, rows: FloatArray) -> None:
        """Merge a batch, of no rows too; Chan, Golub, LeVeque (1979): differences of means, never of large squares."""
        if not len(rows):
            return
        mean = rows.mean(axis=0)
        shift = mean - self.mean
        total = self.count + len(rows)
        self._squares += ((rows - mean) ** 2).sum(axis=0) + shift**2 * (self.count * len(rows) / total)
        self.mean += shift * (len(rows) / total)
        self.count = total


def _training_set(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[Any]]:
    """Rows and as many labels; `ValueError` for anything else."""
    rows, labels = _matrix(X), np.asarray(y)
    if labels.shape != (len(rows),):
        raise ValueError(f"y must have shape ({len(rows)},), got shape {labels.shape}")
    return rows, labels


def _matrix(X: npt.ArrayLike) -> FloatArray:
    """`X` as a float64 matrix; `ValueError` for anything else."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {rows.shape}")
    return rows
