"""Elastic net by coordinate descent, and a path of alphas with warm starts: the reference of the follow-up."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class ElasticNet:
    """Least squares with a mixed penalty: alpha * (l1_ratio * |w|_1 + (1 - l1_ratio) / 2 * |w|_2^2); the bias is free."""

    weights: Float64Array
    bias: float
    n_iterations: int

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

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, start: npt.ArrayLike | None = None) -> Self:
        """Learn weights and bias from samples `X` (n, d) and targets `y` (n,), from the weights `start` on; return self."""
        samples, targets = _as_matrix(X), np.asarray(y, dtype=np.float64)
        n, d = samples.shape
        if targets.shape != (n,):
            raise ValueError(f"y must have shape ({n},), one target per row, got shape {targets.shape}")
        first = np.zeros(d) if start is None else np.array(start, dtype=np.float64)
        if first.shape != (d,):
            raise ValueError(f"start must have shape ({d},), one weight per column, got shape {first.shape}")
        # The bias is free: whatever the weights, it is best where the mean residual is 0.
        mean, target_mean = samples.mean(axis=0), targets.mean()
        weights = self._descend(samples - mean, targets - target_mean, first)
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

    def _descend(self, centred: Float64Array, targets: Float64Array, weights: Float64Array) -> Float64Array:
        """Go to the best value of one weight after the other, the others fixed, until a whole sweep moves none."""
        n = len(centred)
        l1, l2 = self.alpha * self.l1_ratio, self.alpha * (1 - self.l1_ratio)
        curvatures = (centred**2).sum(axis=0) / n
        residuals = targets - centred @ weights
        self.n_iterations = 0
        for _ in range(self.max_iterations):
            self.n_iterations += 1
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


def elastic_net_path(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    l1_ratio: float = 0.5,
    n_alphas: int = 50,
    eps: float = 1e-3,
    alphas: npt.ArrayLike | None = None,
    max_iterations: int = 1000,
    tolerance: float = 1e-8,
) -> tuple[Float64Array, Float64Array, Float64Array, npt.NDArray[np.int64]]:
    """Return alphas (k,), weights (k, d), biases (k,) and the iterations that each took (k,)."""
    if alphas is None:
        grid = _grid(_as_matrix(X), np.asarray(y, dtype=np.float64), l1_ratio, n_alphas, eps)
    else:
        grid = np.array(alphas, dtype=np.float64)
        if grid.ndim != 1 or grid.size == 0:
            raise ValueError(f"alphas must have shape (k,), k at least 1, got shape {grid.shape}")
    weights = np.zeros((len(grid), _as_matrix(X).shape[1]))
    biases, iterations = np.zeros(len(grid)), np.zeros(len(grid), dtype=np.int64)
    start = None
    for i in np.argsort(-grid):
        model = ElasticNet(float(grid[i]), l1_ratio, max_iterations, tolerance).fit(X, y, start)
        weights[i], biases[i], iterations[i] = model.weights, model.bias, model.n_iterations
        start = model.weights
    return grid, weights, biases, iterations


def _grid(samples: Float64Array, targets: Float64Array, l1_ratio: float, n_alphas: int, eps: float) -> Float64Array:
    """Alphas from the least one that switches all weights off down to `eps` times that."""
    if n_alphas < 2:
        raise ValueError(f"n_alphas must be at least 2, got {n_alphas}")
    if not 0 < eps < 1:
        raise ValueError(f"eps must be above 0 and below 1, got {eps}")
    if not 0 < l1_ratio <= 1:
        raise ValueError(f"l1_ratio must be above 0 and at most 1 where alphas are not given, got {l1_ratio}")
    if targets.shape != samples.shape[:1]:
        raise ValueError(f"y must have shape {samples.shape[:1]}, one target per row, got shape {targets.shape}")
    pulls = samples.T @ (targets - targets.mean()) / len(samples)  # with one side centred, both are
    largest = float(np.abs(pulls).max()) / l1_ratio
    if not largest > 0:
        raise ValueError("y must vary with some column of X, got no pull on any")
    return np.geomspace(largest, eps * largest, n_alphas)


def _as_matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 array with two axes."""
    samples = np.asarray(X, dtype=np.float64)
    if samples.ndim != 2 or samples.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {samples.shape}")
    return samples
