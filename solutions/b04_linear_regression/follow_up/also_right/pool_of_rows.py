"""Rows with ones are shuffled in a copy, each epoch from the order before; batches are what np.split cuts off."""

import numpy as np


class LinearRegression:
    def __init__(self, learning_rate=0.01, n_iterations=1000, random_state=None, batch_size=None):
        if learning_rate <= 0 or n_iterations < 1 or (batch_size is not None and batch_size < 1):
            raise ValueError(f"got learning_rate {learning_rate}, n_iterations {n_iterations}, batch_size {batch_size}")
        self.learning_rate, self.n_iterations = learning_rate, n_iterations
        self.random_state, self.batch_size = random_state, batch_size
        self.theta = None

    @property
    def weights(self):
        return self.theta[:-1]

    @property
    def bias(self):
        return self.theta[-1]

    def fit(self, X, y):
        A = self._with_ones(X)
        y = np.asarray(y, dtype=np.float64)
        if y.shape != A.shape[:1]:
            raise ValueError(f"{len(A)} rows, but targets of shape {y.shape}")
        rng = np.random.default_rng(self.random_state)
        theta = np.append(rng.normal(0, 0.01, A.shape[1] - 1), 0.0)
        pool = np.column_stack([A, y])
        cuts = np.arange(self.batch_size, len(A), self.batch_size) if self.batch_size else []
        self.cost_history = []
        for _ in range(self.n_iterations):
            self.cost_history.append(np.mean((A @ theta - y) ** 2) / 2)
            if len(cuts):
                rng.shuffle(pool)
            for batch in np.split(pool, cuts):
                rows, targets = batch[:, :-1], batch[:, -1]
                theta = theta - self.learning_rate * np.mean(rows * (rows @ theta - targets)[:, None], axis=0)
        self.theta = theta
        return self

    def predict(self, X):
        if self.theta is None:
            raise RuntimeError("fit the model first")
        A = self._with_ones(X)
        if A.shape[1] != len(self.theta):
            raise ValueError(f"fitted to {len(self.theta) - 1} columns, got {A.shape[1] - 1}")
        return A @ self.theta

    def score(self, X, y):
        predictions, y = self.predict(X), np.asarray(y, dtype=np.float64)
        if y.shape != predictions.shape or len(y) < 2:
            raise ValueError(f"targets of shape {y.shape} for {len(predictions)} rows, at least 2")
        residual = np.sum((y - predictions) ** 2)
        if np.ptp(y) == 0:
            return float(residual == 0)
        return float(1 - residual / np.sum((y - np.mean(y)) ** 2))

    @staticmethod
    def _with_ones(X):
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X must be a matrix with elements, got shape {X.shape}")
        return np.column_stack([X, np.ones(len(X))])
