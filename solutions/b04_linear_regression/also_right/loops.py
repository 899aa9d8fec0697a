"""As in a first lesson: loops over samples and features, attributes updated as the loop goes."""

import numpy as np


class LinearRegression:
    def __init__(self, learning_rate=0.01, n_iterations=1000, random_state=None):
        self.learning_rate = learning_rate
        self.n_iterations = n_iterations
        self.random_state = random_state
        self.weights = None
        self.bias = None
        self.cost_history = []

    def fit(self, X, y):
        X = np.array(X, dtype=float)
        y = np.array(y, dtype=float)
        if X.ndim != 2 or y.ndim != 1:
            raise ValueError("X must have two axes and y one")
        n_samples, n_features = X.shape
        if n_samples == 0 or n_features == 0:
            raise ValueError("there must be a sample and a feature")
        if n_samples != len(y):
            raise ValueError(f"{n_samples} samples but {len(y)} targets")
        if self.learning_rate <= 0 or self.n_iterations < 1:
            raise ValueError("learning_rate must be positive, and n_iterations at least 1")

        if isinstance(self.random_state, np.random.Generator):
            rng = self.random_state
        else:
            rng = np.random.RandomState(self.random_state)
        self.weights = np.array([rng.normal(0, 0.01) for _ in range(n_features)])[::-1].copy()
        self.bias = 0
        self.cost_history = []

        for _ in range(self.n_iterations):
            cost = 0.0
            dw = np.zeros(n_features)
            db = 0.0
            for i in range(n_samples):
                prediction = self.bias
                for j in range(n_features):
                    prediction += self.weights[j] * X[i, j]
                error = prediction - y[i]
                cost += error**2
                for j in range(n_features):
                    dw[j] += error * X[i, j]
                db += error
            self.cost_history.append(cost / (2 * n_samples))
            self.weights -= self.learning_rate * dw / n_samples
            self.bias -= self.learning_rate * db / n_samples
        return self

    def predict(self, X):
        if self.weights is None:
            raise RuntimeError("call fit before predict")
        X = np.array(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != len(self.weights):
            raise ValueError(f"expected {len(self.weights)} columns, got shape {X.shape}")
        return np.dot(X, self.weights) + self.bias

    def score(self, X, y):
        y_pred = self.predict(X)
        y = np.array(y, dtype=float)
        if y.shape != y_pred.shape:
            raise ValueError(f"{len(y_pred)} predictions, but targets of shape {y.shape}")
        if len(y) < 2:
            raise ValueError("R2 needs two samples")
        ss_res = np.sum((y - y_pred) ** 2)
        if len(set(y.tolist())) == 1:
            return 1.0 if ss_res == 0 else 0.0
        ss_tot = np.sum((y - np.mean(y)) ** 2)
        return float(1 - ss_res / ss_tot)
