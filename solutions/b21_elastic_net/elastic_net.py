"""Elastic net by coordinate descent (Friedman, Hastie and Tibshirani 2010): the reference."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class ElasticNet:
    """Least squares with a mixed penalty: alpha * (l1_ratio * |w|_1 + (1 - l1_ratio) / 2 * |w|_2^2); the bias is free."""

    weights: Float64Array
    bias: float

    def __init__(
        self, alpha: float = 1.0, l1_ratio: float = 0.5, max_iterations: int = 1000, tolerance: float = 1e-8
    ) -> None:
        if alpha < 0:
            raise ValueError(f"alpha must be at least 0, got {alpha}")
        if not 0 <= l1_ratio <= 1:
            raise ValueError(f"l1_ratio must be in 0 ... 1, got {l1_ratio}")
        if max_iterations < 1:
            raise ValueError(f"max_iterations must be at least 1, got {max_iterations}")
        if tolerance < 0:
            raise ValueError(f"tolerance must be at least 0, got {tolerance}")
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self._is_fitted = False

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn weights and bias from samples `X`, shape (n, d), and targets `y`, shape (n,); return self."""
        samples = _as_matrix(X)
        targets = np.asarray(y, dtype=np.float64)
        if targets.shape != samples.shape[:1]:
            raise ValueError(f"y must have shape {samples.shape[:1]}, one target per row, got shape {targets.shape}")
        # The bias is free: whatever the weights, it is best where the mean residual is 0.
        mean, target_mean = samples.mean(axis=0), targets.mean()
        weights = self._descend(samples - mean, targets - target_mean)
        self.weights, self.bias = weights, float(target_mean - mean @ weights)
        self._is_fitted = True
        return self

    def predict(self, X: npt.ArrayLike) -> Float64Array:
        """Return predictions, shape (q,), for samples `X`, shape (q, d)."""
        if not self._is_fitted:
            raise RuntimeError("predict needs a fitted ElasticNet: call fit first")
        samples = _as_matrix(X)
        if samples.shape[1] != len(self.weights):
            raise ValueError(f"X must have shape (q, {len(self.weights)}), as in fit, got shape {samples.shape}")
        return np.asarray(samples @ self.weights + self.bias)

    def _descend(self, centred: Float64Array, residuals: Float64Array) -> Float64Array:
        """Go to the best value of one weight after the other, the others fixed, until a whole sweep moves none.

        `residuals` are those of weights 0 at first, and are kept up to date.
        """
        n, d = centred.shape
        l1, l2 = self.alpha * self.l1_ratio, self.alpha * (1 - self.l1_ratio)
        curvatures = (centred**2).sum(axis=0) / n
        weights = np.zeros(d)
        for _ in range(self.max_iterations):
            largest_move = 0.0
            for j in np.flatnonzero(curvatures):
                column, old = centred[:, j], weights[j]
                pull = column @ residuals / n + curvatures[j] * old
                weights[j] = np.sign(pull) * max(abs(pull) - l1, 0.0) / (curvatures[j] + l2)
                residuals -= column * (weights[j] - old)
                largest_move = max(largest_move, abs(weights[j] - old))
            if largest_move <= self.tolerance:
                break
        return weights


def _as_matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 array with two axes."""
    samples = np.asarray(X, dtype=np.float64)
    if samples.ndim != 2 or samples.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {samples.shape}")
    return samples
