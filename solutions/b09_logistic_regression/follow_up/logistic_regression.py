"""Logistic regression whose probabilities can be held to data and calibrated: the reference of the follow-up."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class LogisticRegression:
    """Two-class classifier of least mean cross-entropy plus l2 / 2 times the sum of squared weights.

    After `fit`: `weights` (d,), `bias`, and `classes_` (2,), the labels, of which the second is the positive one.
    After `calibrate`: `slope_` and `offset_` of the line that scores go through; 1 and 0 before.
    """

    weights: Float64Array
    bias: float
    classes_: npt.NDArray[Any]
    slope_: float
    offset_: float

    def __init__(self, l2: float = 1.0, max_iterations: int = 1000, tolerance: float = 1e-8) -> None:
        if l2 < 0:
            raise ValueError(f"l2 must be at least 0, got {l2}")
        if max_iterations < 1:
            raise ValueError(f"max_iterations must be at least 1, got {max_iterations}")
        if tolerance < 0:
            raise ValueError(f"tolerance must be at least 0, got {tolerance}")
        self.l2 = l2
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self._is_fitted = False

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn weights and bias from samples `X`, shape (n, d), and labels `y`, shape (n,); return self."""
        samples, labels = _as_matrix(X), np.asarray(y)
        n, d = samples.shape
        if labels.shape != (n,):
            raise ValueError(f"y must have shape ({n},), one label per row of X, got shape {labels.shape}")
        classes, targets = np.unique(labels, return_inverse=True)
        if len(classes) != 2:
            raise ValueError(f"y must have 2 distinct labels, got {len(classes)}")

        A = np.column_stack([samples, np.ones(n)])  # the bias is the last parameter
        penalty = np.append(np.full(d, self.l2), 0.0)  # and not penalised
        # p (1 - p) is at most 1/4: with this bound for the second derivatives each step lowers the cost, wherever it starts
        # (Böhning and Lindsay, 1988), which a plain Newton step does not
        bound = A.T @ A / (4 * n) + np.diag(penalty)
        inverse = np.linalg.pinv(bound)  # pinv: without a penalty, features may be collinear
        theta = np.zeros(d + 1)
        for _ in range(self.max_iterations):
            gradient = A.T @ (_sigmoid(A @ theta) - targets) / n + penalty * theta
            if np.abs(gradient).max() <= self.tolerance:
                break
            theta -= inverse @ gradient
        self.weights, self.bias, self.classes_ = theta[:-1], float(theta[-1]), classes
        self.slope_, self.offset_ = 1.0, 0.0
        self._is_fitted = True
        return self

    def calibrate(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Fit slope and offset of the scores to held-out samples `X` (n, d) and labels `y` (n,), by Platt's method."""
        scores, is_second = self._held_out(X, y)
        n_second = int(is_second.sum())
        n_first = len(is_second) - n_second
        if n_first == 0 or n_second == 0:
            raise ValueError("calibration needs samples of both labels")
        # one sample more of each class, half on either side: separable data have a finite optimum then
        targets = np.where(is_second, (n_second + 1) / (n_second + 2), 1 / (n_first + 2))
        A = np.column_stack([scores, np.ones(len(scores))])

        def cost(line: Float64Array) -> float:
            z = A @ line
            return float(np.mean(np.logaddexp(0, z) - targets * z))

        line = np.zeros(2)
        for _ in range(self.max_iterations):
            p = _sigmoid(A @ line)
            gradient = A.T @ (p - targets)
            if np.abs(gradient).max() <= self.tolerance:
                break
            step = np.linalg.pinv((A.T * (p * (1 - p))) @ A) @ gradient
            while cost(line - step) > cost(line):
                step /= 2
            line = line - step
        self.slope_, self.offset_ = float(line[0]), float(line[1])
        return self

    def reliability(self, X: npt.ArrayLike, y: npt.ArrayLike, n_bins: int = 10) -> Float64Array:
        """Return count, mean probability and share of the second label in each bin that is not empty, shape (m, 3)."""
        if n_bins < 1:
            raise ValueError(f"n_bins must be at least 1, got {n_bins}")
        _, is_second = self._held_out(X, y)
        p = self.predict_proba(X)[:, 1]
        bins = np.minimum((p * n_bins).astype(int), n_bins - 1)  # p = 1 is in the last bin
        members = [bins == b for b in np.unique(bins)]
        return np.array([[m.sum(), p[m].mean(), is_second[m].mean()] for m in members])

    def calibration_error(self, X: npt.ArrayLike, y: npt.ArrayLike, n_bins: int = 10) -> float:
        """Return the mean distance of probability and share over the bins, weighed by their counts."""
        count, confidence, share = self.reliability(X, y, n_bins).T
        return float(count @ np.abs(confidence - share) / count.sum())

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the more probable label, shape (q,), of each sample of `X`, shape (q, d)."""
        positions = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[positions])

    def predict_proba(self, X: npt.ArrayLike) -> Float64Array:
        """Return probabilities of both labels, shape (q, 2), columns in the order of `classes_`."""
        raw = self._scores(X)
        scores = self.slope_ * raw + self.offset_
        return np.column_stack([_sigmoid(-scores), _sigmoid(scores)])

    def _scores(self, X: npt.ArrayLike) -> Float64Array:
        """w·x + b of each sample, as `fit` left them."""
        if not self._is_fitted:
            raise RuntimeError("this LogisticRegression is not fitted: call fit first")
        samples = _as_matrix(X)
        if samples.shape[1] != len(self.weights):
            raise ValueError(f"X must have shape (q, {len(self.weights)}), as in fit, got shape {samples.shape}")
        return np.asarray(samples @ self.weights + self.bias)

    def _held_out(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Float64Array, npt.NDArray[np.bool_]]:
        """Scores of held-out samples, and which of them have the second label."""
        scores, labels = self._scores(X), np.asarray(y)
        if labels.shape != scores.shape:
            raise ValueError(f"y must have shape {scores.shape}, one label per row of X, got shape {labels.shape}")
        if not np.isin(labels, self.classes_).all():
            raise ValueError(f"y must be of the labels of fit, {self.classes_.tolist()}")
        return scores, np.asarray(labels == self.classes_[1])


def _sigmoid(z: Float64Array) -> Float64Array:
    """1 / (1 + exp(-z)), without overflow."""
    e = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1.0, e) / (1 + e))


def _as_matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 array with two axes."""
    samples = np.asarray(X, dtype=np.float64)
    if samples.ndim != 2 or samples.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {samples.shape}")
    return samples
