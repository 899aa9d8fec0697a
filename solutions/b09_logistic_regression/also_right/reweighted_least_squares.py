"""Iteratively reweighted least squares: each iteration is a ridge regression, its penalty as rows of the matrix."""

import numpy as np


class LogisticRegression:
    fitted = False

    def __init__(self, l2=1.0, max_iterations=1000, tolerance=1e-8):
        self.l2 = l2
        self.max_iterations = max_iterations
        self.tolerance = tolerance

    def fit(self, X, y):
        if min(self.l2, self.tolerance) < 0 or self.max_iterations <= 0:
            raise ValueError("a parameter is out of range")
        A, y = self.design(X), np.asarray(y)
        n, k = A.shape
        if y.shape != (n,):
            raise ValueError(f"y has shape {y.shape}, X has {n} rows")
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError("y must hold two different labels")
        theta = np.zeros(k)
        ridge = np.sqrt(n * self.l2) * np.eye(k)[1:]
        for _ in range(self.max_iterations):
            z = np.clip(A @ theta, -30, 30)
            p = 1 / (1 + np.exp(-z))
            weight = p * (1 - p)
            response = z + (codes - p) / weight
            root = np.sqrt(weight)
            rows = np.vstack([A * root[:, None], ridge])
            new, *_ = np.linalg.lstsq(rows, np.append(response * root, np.zeros(k - 1)), rcond=None)
            change, theta = np.abs(new - theta).max(), new
            if change <= self.tolerance:
                break
        self.bias, self.weights = theta[0], theta[1:]
        self.fitted = True
        return self

    def predict_proba(self, X):
        if not self.fitted:
            raise RuntimeError("fit comes first")
        A = self.design(X)
        if A.shape[1] != 1 + len(self.weights):
            raise ValueError("the number of columns is not that of fit")
        positive = 1 / (1 + np.exp(-np.clip(A @ np.append(self.bias, self.weights), -700, 700)))
        return np.array([1 - positive, positive]).T

    def predict(self, X):
        likelier = self.predict_proba(X).argmax(1)
        return np.take(self.classes_, likelier)

    def design(self, X):
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[0] < 1 or X.shape[1] < 1:
            raise ValueError(f"expected rows and columns, got {X.shape}")
        return np.hstack([np.ones((len(X), 1)), X])
