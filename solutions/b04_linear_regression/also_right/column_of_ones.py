"""With a column of ones: the bias is the last parameter, and the gradient a mean over rows."""

import numpy as np


class LinearRegression:
    def __init__(self, learning_rate=0.01, n_iterations=1000, random_state=None):
        self.learning_rate = learning_rate
        self.n_iterations = n_iterations
        self.random_state = random_state
        self.theta = None

    def fit(self, X, y):
        if not (self.learning_rate > 0 and self.n_iterations >= 1):
            raise ValueError(f"cannot take {self.n_iterations} steps with rate {self.learning_rate}")
        A = self._with_ones(X)
        y = np.asarray(y, dtype=np.float64)
        if y.shape != A.shape[:1]:
            raise ValueError(f"targets of shape {y.shape} for {len(A)} samples")
        theta = 0.01 * np.random.default_rng(self.random_state).standard_normal(A.shape[1])
        theta[-1] = 0.0
        history = np.empty(self.n_iterations)
        for t in range(self.n_iterations):
            residuals = y - A @ theta
            history[t] = 0.5 * np.mean(np.square(residuals))
            theta += self.learning_rate * np.mean(A * residuals[:, None], axis=0)
        self.theta, self.cost_history = theta, history
        return self

    @property
    def weights(self):
        return self.theta[:-1]

    @property
    def bias(self):
        return self.theta[-1]

    def predict(self, X):
        if self.theta is None:
            raise RuntimeError("not fitted")
        A = self._with_ones(X)
        if A.shape[1] != len(self.theta):
            raise ValueError(f"{A.shape[1] - 1} columns, but {len(self.theta) - 1} in fit")
        return A @ self.theta

    def score(self, X, y):
        prediction, y = self.predict(X), np.asarray(y, dtype=np.float64)
        if y.shape != prediction.shape or len(y) < 2:
            raise ValueError(f"targets of shape {y.shape} for {len(prediction)} predictions, of which R2 needs 2")
        if y.min() == y.max():
            return 1.0 if (prediction == y).all() else 0.0
        return float(1 - np.mean((y - prediction) ** 2) / np.var(y))

    @staticmethod
    def _with_ones(X):
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or not X.size:
            raise ValueError(f"X has shape {X.shape}, expected (m, d)")
        return np.column_stack([X, np.ones(len(X))])
