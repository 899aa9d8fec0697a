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
        """Learn priors, means and variances from `X` (n, d) and labels `y` (n,); forget all before it; return `self`.

        Raises `ValueError` when X is not 2-D, y is not 1-D, their lengths differ, or an axis has length zero.
        """
        rows, labels = _training_set(X, y)
        self._begin(np.unique(labels), rows)
        return self._learn(rows, labels)

    def partial_fit(self, X: npt.ArrayLike, y: npt.ArrayLike, classes: npt.ArrayLike | None = None) -> NaiveBayes:
        """Learn from one more batch, `X` (n, d) with labels `y` (n,), as if it had been there from the start; return `self`.

        `classes` (C,) are all labels that there can be; needed unless something has been learned. Raises `ValueError`, and
        changes nothing, for what `fit` refuses, missing or other classes, labels outside of them, and other features.
        """
        rows, labels = _training_set(X, y)
        known = self._known_classes(classes)
        strange = ~np.isin(labels, known)
        if np.any(strange):
            raise ValueError(f"labels must be in classes, {known.tolist()}, got {labels[strange][0]!r}")
        if not self._fitted:
            self._begin(known, rows)
        elif rows.shape[1] != self._means.shape[1]:
            raise ValueError(f"X must have the {self._means.shape[1]} features of before, got shape {rows.shape}")
        return self._learn(rows, labels)

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

    def _known_classes(self, classes: npt.ArrayLike | None) -> npt.NDArray[Any]:
        """The labels that there can be, sorted; `ValueError` if nobody has said, or said something else before."""
        if classes is None:
            if not self._fitted:
                raise ValueError("the first call of partial_fit needs classes, all labels that there can be")
            return self.classes
        given = np.asarray(classes)
        if given.ndim != 1 or given.size == 0:
            raise ValueError(f"classes must be 1-D and not empty, got shape {given.shape}")
        distinct = np.unique(given)
        if self._fitted and not np.array_equal(distinct, self.classes):
            raise ValueError(f"classes must be those of before, {self.classes.tolist()}, got {distinct.tolist()}")
        return distinct

    def _begin(self, classes: npt.NDArray[Any], rows: FloatArray) -> None:
        """Forget everything; `rows` are the first that will be learned."""
        shape = len(classes), rows.shape[1]
        self.classes = classes
        self._counts = np.zeros(len(classes))
        self._means, self._squares = np.zeros(shape), np.zeros(shape)
        self._first_row, self._all_equal = rows[0].copy(), True
        self._fitted = True

    def _learn(self, rows: FloatArray, labels: npt.NDArray[Any]) -> NaiveBayes:
        """Merge rows that have been checked into count, mean and sum of squared differences of each class."""
        for c, label in enumerate(self.classes):
            group = rows[labels == label]
            if not len(group):
                continue
            # Chan, Golub, LeVeque (1979): differences of means, never of large squares.
            mean = group.mean(axis=0)
            shift = mean - self._means[c]
            total = self._counts[c] + len(group)
            self._squares[c] += ((group - mean) ** 2).sum(axis=0) + shift**2 * (self._counts[c] * len(group) / total)
            self._means[c] += shift * (len(group) / total)
            self._counts[c] = total
        # Values are compared, because the variance of a constant column need not be 0: the mean of [0.1] * 3 is not 0.1.
        self._all_equal = self._all_equal and bool(np.all(rows == self._first_row))
        self._publish()
        return self

    def _publish(self) -> None:
        """Make the attributes from what has been learned."""
        n = self._counts.sum()
        self._priors = self._counts / n
        names = self.classes.tolist()
        self.class_priors = dict(zip(names, self._priors.tolist(), strict=True))
        smoothing = SMOOTHING
        if not self._all_equal:
            # The variance over all rows is that within the classes and that between them.
            mean = self._priors @ self._means
            between = self._counts @ (self._means - mean) ** 2
            smoothing *= float((self._squares.sum(axis=0) + between).max() / n)
        self.feature_likelihoods = {
            name: (self._means[c].copy(), self._squares[c] / self._counts[c] + smoothing)
            for c, name in enumerate(names)
            if self._counts[c]
        }

    def _log_joint(self, X: npt.ArrayLike) -> FloatArray:
        """Logarithm of P(class) times the product over features of N(x; mean, variance), shape (m, C)."""
        if not self._fitted:
            raise RuntimeError("this NaiveBayes has not been fitted: call fit(X, y) first")
        rows = _matrix(X)
        features = self._means.shape[1]
        if rows.shape[1] != features:
            raise ValueError(f"X must have the {features} features of fit, got shape {rows.shape}")
        # A class without rows has the prior 0, whatever its density.
        log_joint = np.full((len(rows), len(self.classes)), -np.inf)
        for c, name in enumerate(self.classes.tolist()):
            if name in self.feature_likelihoods:
                mean, variance = self.feature_likelihoods[name]
                log_norm = np.log(self._priors[c]) - 0.5 * np.sum(np.log(2 * np.pi * variance))
                log_joint[:, c] = log_norm - 0.5 * np.sum((rows - mean) ** 2 / variance, axis=1)
        return log_joint


def _training_set(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[Any]]:
    """Rows and as many labels; `ValueError` for anything else."""
    rows, labels = _matrix(X), np.asarray(y)
    if labels.shape != (len(rows),):
        raise ValueError(f"y must have one label for each row of X, shape ({len(rows)},), got shape {labels.shape}")
    return rows, labels


def _matrix(X: npt.ArrayLike) -> FloatArray:
    """`X` as a float64 matrix with rows and columns; `ValueError` for anything else."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(f"X must be 2-D with at least one row and one column, got shape {rows.shape}")
    return rows
