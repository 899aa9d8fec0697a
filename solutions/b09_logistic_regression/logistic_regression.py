"""Logistic regression with an L2 penalty: the reference, by Newton's method with a bound of the curvature."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class LogisticRegression:
    """Two-class classifier of least mean cross-entropy plus l2 / 2 times the sum of squared weights.

    After `fit`: `weights` (d,), `bias`, and `classes_` (2,), the labels, of which the second is the positive one.
    """

    weights: Float64Array
    bias: float
    classes_: npt.NDArray[Any]

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
        self._is_fitted = True
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the more probable label, shape (q,), of each sample of `X`, shape (q, d)."""
        positions = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[positions])

    def predict_proba(self, X: npt.ArrayLike) -> Float64Array:
        """Return probabilities of both labels, shape (q, 2), columns in the order of `classes_`."""
        if not self._is_fitted:
            raise RuntimeError("predict and predict_proba need a fitted LogisticRegression: call fit first")
        samples = _as_matrix(X)
        if samples.shape[1] != len(self.weights):
            raise ValueError(f"X must have shape (q, {len(self.weights)}), as in fit, got shape {samples.shape}")
        scores = samples @ self.weights + self.bias
        return np.column_stack([_sigmoid(-scores), _sigmoid(scores)])


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
