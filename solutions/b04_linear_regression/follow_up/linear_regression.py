"""Linear regression by gradient descent, also by mini-batches: the reference of the follow-up."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class LinearRegression:
    """Least squares with a bias, by batch gradient descent on half the mean squared error.

    After `fit`: `weights` (d,), `bias`, and `cost_history`, the cost before each of the `n_iterations` steps or, with a
    `batch_size`, epochs.
    """

    weights: Float64Array
    bias: float
    cost_history: list[float]

    def __init__(
        self,
        learning_rate: float = 0.01,
        n_iterations: int = 1000,
        random_state: int | np.random.Generator | None = None,
        batch_size: int | None = None,
    ) -> None:
        if learning_rate <= 0:
            raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
        if n_iterations < 1:
            raise ValueError(f"n_iterations must be at least 1, got {n_iterations}")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        self.learning_rate = learning_rate
        self.n_iterations = n_iterations
        self.random_state = random_state
        self.batch_size = batch_size
        self._is_fitted = False

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Learn weights and bias from samples `X`, shape (m, d), and targets `y`, shape (m,); return self."""
        samples = _as_matrix(X)
        targets = _as_targets(y, len(samples))
        m, d = samples.shape
        bias = 0.0
        rng = np.random.default_rng(self.random_state)
        weights = rng.normal(0.0, 0.01, size=(d,))
        size = m if self.batch_size is None else self.batch_size
        costs = []
        for _ in range(self.n_iterations):
            errors = samples @ weights + bias - targets
            costs.append(float(errors @ errors) / (2 * m))
            order = rng.permutation(m) if size < m else np.arange(m)
            for first in range(0, m, size):
                batch = order[first : first + size]  # the last one may be smaller
                X_batch, y_batch = samples[batch], targets[batch]
                errors = X_batch @ weights + bias - y_batch
                weights -= self.learning_rate * (X_batch.T @ errors) / len(batch)
                bias -= self.learning_rate * float(errors.mean())
        self.weights, self.bias, self.cost_history = weights, bias, costs
        self._is_fitted = True
        return self

    def predict(self, X: npt.ArrayLike) -> Float64Array:
        """Return predictions, shape (q,), for samples `X`, shape (q, d)."""
        if not self._is_fitted:
            raise RuntimeError("predict and score need a fitted LinearRegression: call fit first")
        samples = _as_matrix(X)
        if samples.shape[1] != len(self.weights):
            raise ValueError(f"X must have shape (q, {len(self.weights)}), as in fit, got shape {samples.shape}")
        return np.asarray(samples @ self.weights + self.bias)

    def score(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return R² of the predictions for `X`, shape (q, d), against targets `y`, shape (q,), q at least 2."""
        predictions = self.predict(X)
        targets = _as_targets(y, len(predictions))
        if len(targets) < 2:
            raise ValueError("score must have at least 2 rows, got 1")
        if np.all(targets == targets[0]):  # compared as values: the mean may be off in its last bit
            return float(np.array_equal(predictions, targets))
        residual = np.sum((targets - predictions) ** 2)
        return float(1 - residual / np.sum((targets - targets.mean()) ** 2))


def _as_matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 array with two axes."""
    samples = np.asarray(X, dtype=np.float64)
    if samples.ndim != 2 or samples.size == 0:
        raise ValueError(f"X must have shape (m, d), no axis of length zero, got shape {samples.shape}")
    return samples


def _as_targets(y: npt.ArrayLike, m: int) -> Float64Array:
    """`y` as a float64 array of shape (m,)."""
    targets = np.asarray(y, dtype=np.float64)
    if targets.shape != (m,):
        raise ValueError(f"y must have shape ({m},), one target per row of X, got shape {targets.shape}")
    return targets
