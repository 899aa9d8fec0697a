"""The dual form: how often each row was an error, and inner products of rows, into which a kernel could go."""

import numpy as np


class Perceptron:
    def __init__(self, max_epochs=1000):
        self.max_epochs = max_epochs
        self.errors_per_epoch = None

    def fit(self, X, y):
        X = np.array(X, dtype=float)
        y = np.array(y)
        if X.ndim != 2 or X.size == 0 or y.shape != X.shape[:1]:
            raise ValueError(f"X and y should have shapes (n, d) and (n,), got {X.shape} and {y.shape}")
        if not set(y.tolist()) <= {-1, 1}:
            raise ValueError(f"labels should be -1 and +1, got {set(y.tolist())}")
        if self.max_epochs < 1:
            raise ValueError(f"max_epochs should be positive, got {self.max_epochs}")
        y = y.astype(float)
        gram = X @ X.T + 1
        counts = np.zeros(len(X), dtype=int)
        errors_per_epoch = []
        for _ in range(self.max_epochs):
            before = counts.sum()
            for i in range(len(X)):
                if y[i] * np.sum(counts * y * gram[i]) <= 0:
                    counts[i] += 1
            errors_per_epoch.append(int(counts.sum() - before))
            if errors_per_epoch[-1] == 0:
                break
        self.weights = (counts * y) @ X
        self.bias = float((counts * y).sum())
        self.n_updates = int(counts.sum())
        self.errors_per_epoch = errors_per_epoch
        self.converged = errors_per_epoch[-1] == 0
        return self

    def predict(self, X):
        if self.errors_per_epoch is None:
            raise RuntimeError("call fit first")
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != len(self.weights):
            raise ValueError(f"X should have shape (q, {len(self.weights)}), got {X.shape}")
        return np.array([1 if self.weights @ x + self.bias >= 0 else -1 for x in X])
