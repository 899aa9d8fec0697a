"""As in a first lesson: gradient descent in Python loops; the step from a bound of the curvature."""

import math

import numpy as np


def sigmoid(z):
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))


class LogisticRegression:
    def __init__(self, l2=1.0, max_iterations=1000, tolerance=1e-8):
        self.l2 = l2
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.weights = None
        self.bias = None
        self.classes_ = None

    def fit(self, X, y):
        if self.l2 < 0 or self.max_iterations < 1 or self.tolerance < 0:
            raise ValueError("l2 and tolerance must not be negative, and max_iterations at least 1")
        X = self._check(X)
        y = np.array(y)
        if y.ndim != 1 or len(y) != len(X):
            raise ValueError(f"{len(X)} samples, but labels of shape {y.shape}")
        labels = sorted(set(y.tolist()))
        if len(labels) != 2:
            raise ValueError(f"expected two labels, got {labels}")

        n, d = X.shape
        rows = X.tolist()
        targets = [1.0 if label == labels[1] else 0.0 for label in y.tolist()]
        # the second derivative is at most 1/4 of the mean of |x|^2, with the 1 of the bias, and that of the penalty
        learning_rate = 1 / (sum(1 + sum(v * v for v in row) for row in rows) / n / 4 + self.l2)
        w = [0.0] * d
        b = 0.0
        for _ in range(self.max_iterations):
            dw = [self.l2 * wj for wj in w]
            db = 0.0
            for row, target in zip(rows, targets, strict=True):
                z = b
                for j in range(d):
                    z += w[j] * row[j]
                error = (sigmoid(z) - target) / n
                for j in range(d):
                    dw[j] += error * row[j]
                db += error
            if max(abs(g) for g in [*dw, db]) <= self.tolerance:
                break
            for j in range(d):
                w[j] -= learning_rate * dw[j]
            b -= learning_rate * db
        self.weights = np.array(w)
        self.bias = b
        self.classes_ = np.array(labels)
        return self

    def predict_proba(self, X):
        if self.weights is None:
            raise RuntimeError("call fit before predict")
        X = self._check(X)
        if X.shape[1] != len(self.weights):
            raise ValueError(f"expected {len(self.weights)} columns, got {X.shape[1]}")
        result = []
        for row in X:
            p = sigmoid(float(np.dot(row, self.weights)) + self.bias)
            result.append([1 - p, p])
        return np.array(result)

    def predict(self, X):
        return np.array([self.classes_[1] if p[1] >= 0.5 else self.classes_[0] for p in self.predict_proba(X)])

    def _check(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] == 0:
            raise ValueError(f"X must be a matrix with rows and columns, got shape {X.shape}")
        return X
