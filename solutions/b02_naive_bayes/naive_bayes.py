"""Gaussian naive Bayes: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SMOOTHING = 1e-9
"""Added to every variance, times the largest variance of a feature: no density is infinitely narrow."""


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
        self._fitted = False

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> NaiveBayes:
        """Learn priors, means and variances from `X` (n, d) and labels `y` (n,); forget any earlier fit; return `self`.

        Raises `ValueError` when X is not 2-D, y is not 1-D, their lengths differ, or an axis has length zero.
        """
        rows = _matrix(X)
        labels = np.asarray(y)
        if labels.shape != (len(rows),):
            raise ValueError(f"y must have shape ({len(rows)},), got shape {labels.shape}")

        self.classes, counts = np.unique(labels, return_counts=True)
        smoothing = _smoothing(rows)
        members = [rows[labels == label] for label in self.classes]
        self._log_priors = np.log(counts / len(rows))
        self._means = np.stack([group.mean(axis=0) for group in members])
        self._variances = np.stack([group.var(axis=0) for group in members]) + smoothing

        names = self.classes.tolist()
        self.class_priors = dict(zip(names, (counts / len(rows)).tolist(), strict=True))
        self.feature_likelihoods = dict(zip(names, zip(self._means, self._variances, strict=True), strict=True))
        self._fitted = True
        return self

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

    def _log_joint(self, X: npt.ArrayLike) -> FloatArray:
        """Logarithm of P(class) times the product over features of N(x; mean, variance), shape (m, C)."""
        if not self._fitted:
            raise RuntimeError("this NaiveBayes has not been fitted: call fit(X, y) first")
        rows = _matrix(X)
        features = self._means.shape[1]
        if rows.shape[1] != features:
            raise ValueError(f"X must have shape (m, {features}), as in fit, got shape {rows.shape}")
        log_joint = np.empty((len(rows), len(self.classes)))
        # A loop over the few classes, whole arrays inside, needs no (m, C, d) block.
        for c, (log_prior, mean, variance) in enumerate(
            zip(self._log_priors, self._means, self._variances, strict=True)
        ):
            log_norm = -0.5 * np.sum(np.log(2 * np.pi * variance))
            log_joint[:, c] = log_prior + log_norm - 0.5 * np.sum((rows - mean) ** 2 / variance, axis=1)
        return log_joint


def _matrix(X: npt.ArrayLike) -> FloatArray:
    """`X` as a float64 matrix; `ValueError` for anything else."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {rows.shape}")
    return rows


def _smoothing(rows: FloatArray) -> float:
    """What is added to each variance: 1e-9 times the largest of a feature, or 1e-9 if all features are constant."""
    largest = float(rows.var(axis=0).max())
    return SMOOTHING * largest if largest > 0 else SMOOTHING
