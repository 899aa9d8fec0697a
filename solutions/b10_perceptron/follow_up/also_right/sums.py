"""A column of ones for the bias, and a running sum of the weights after every row: slower, and hard to get wrong."""

import numpy as np


class Perceptron:
    theta = None

    def __init__(self, max_epochs=1000, average=False):
        self.max_epochs, self.average = max_epochs, average

    def with_ones(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X should have shape (n, d), got {X.shape}")
        return np.column_stack([X, np.ones(len(X))])

    def fit(self, X, y):
        X, y = self.with_ones(X), np.array(y)
        if y.shape != X.shape[:1]:
            raise ValueError(f"y should have shape ({len(X)},), got {y.shape}")
        if not np.isin(y, [-1, 1]).all():
            raise ValueError("labels should be -1 and +1")
        if self.max_epochs < 1:
            raise ValueError(f"max_epochs should be positive, got {self.max_epochs}")
        theta, total, seen = np.zeros(X.shape[1]), np.zeros(X.shape[1]), 0
        self.errors_per_epoch = []
        while len(self.errors_per_epoch) < self.max_epochs and self.errors_per_epoch[-1:] != [0]:
            errors = 0
            for row, label in zip(X, y.astype(float), strict=True):
                if label * (theta @ row) <= 0:
                    theta = theta + label * row
                    errors += 1
                total += theta
                seen += 1
            self.errors_per_epoch.append(errors)
        self.weights, self.bias = theta[:-1], float(theta[-1])
        self.n_updates, self.converged = sum(self.errors_per_epoch), self.errors_per_epoch[-1] == 0
        self.theta = theta
        if self.average:
            self.theta = total / seen
            self.averaged_weights, self.averaged_bias = self.theta[:-1], float(self.theta[-1])
        return self

    def predict(self, X):
        if self.theta is None:
            raise RuntimeError("call fit first")
        X = self.with_ones(X)
        if X.shape[1] != len(self.theta):
            raise ValueError(f"X should have {len(self.theta) - 1} columns")
        return np.where(X @ self.theta >= 0, 1, -1)
