"""Coordinate descent in plain Python, with all residuals computed anew for each weight."""

import numpy as np


def soft_threshold(value, threshold):
    if value > threshold:
        return value - threshold
    if value < -threshold:
        return value + threshold
    return 0.0


class ElasticNet:
    def __init__(self, alpha=1.0, l1_ratio=0.5, max_iterations=1000, tolerance=1e-8):
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.weights = None
        self.bias = None

    def fit(self, X, y):
        if self.alpha < 0 or self.tolerance < 0 or self.max_iterations < 1:
            raise ValueError("alpha and tolerance must not be negative, max_iterations must be positive")
        if self.l1_ratio < 0 or self.l1_ratio > 1:
            raise ValueError(f"l1_ratio must be between 0 and 1, got {self.l1_ratio}")
        X = np.array(X, dtype=float)
        y = np.array(y, dtype=float)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X must be a matrix, got shape {X.shape}")
        if y.shape != (len(X),):
            raise ValueError(f"y must have {len(X)} entries, got shape {y.shape}")
        n_samples, n_features = X.shape
        X_mean = X.mean(axis=0)
        y_mean = y.mean()
        rows = (X - X_mean).tolist()
        targets = (y - y_mean).tolist()
        w = [0.0] * n_features
        columns = [[row[j] for row in rows] for j in range(n_features)]
        norms = [sum(v * v for v in column) / n_samples for column in columns]
        for _ in range(self.max_iterations):
            biggest = 0.0
            for j in range(n_features):
                if norms[j] < 1e-20:
                    continue
                rho = 0.0
                for row, target, v in zip(rows, targets, columns[j], strict=True):
                    others = sum(a * b for a, b in zip(row, w, strict=True)) - v * w[j]
                    rho += v * (target - others)
                new = soft_threshold(rho / n_samples, self.alpha * self.l1_ratio)
                new /= norms[j] + self.alpha * (1 - self.l1_ratio)
                biggest = max(biggest, abs(new - w[j]))
                w[j] = new
            if biggest <= self.tolerance:
                break
        self.weights = np.array(w)
        self.bias = y_mean - np.dot(X_mean, self.weights)
        return self

    def predict(self, X):
        if self.weights is None:
            raise RuntimeError("call fit before predict")
        X = np.array(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != len(self.weights):
            raise ValueError(f"expected {len(self.weights)} columns, got shape {X.shape}")
        return np.dot(X, self.weights) + self.bias
