"""Two loops and lists of Python numbers, as most public code has it."""

import numpy as np


class Perceptron:
    def __init__(self, max_epochs=1000):
        if max_epochs < 1:
            raise ValueError(f"max_epochs should be 1 or more, got {max_epochs}")
        self.max_epochs = max_epochs
        self.weights = None
        self.bias = None

    def fit(self, X, y):
        X = self._rows(X)
        y = [self._label(label) for label in y]
        if len(X) != len(y):
            raise ValueError(f"{len(X)} rows, but {len(y)} labels")
        weights = [0.0] * len(X[0])
        bias = 0.0
        self.errors_per_epoch = []
        self.n_updates = 0
        self.converged = False
        for _ in range(self.max_epochs):
            errors = 0
            for i in range(len(X)):
                score = bias
                for j in range(len(weights)):
                    score += weights[j] * X[i][j]
                if y[i] * score <= 0:
                    for j in range(len(weights)):
                        weights[j] += y[i] * X[i][j]
                    bias += y[i]
                    errors += 1
            self.errors_per_epoch.append(errors)
            self.n_updates += errors
            if errors == 0:
                self.converged = True
                break
        self.weights = np.array(weights)
        self.bias = bias
        return self

    def predict(self, X):
        if self.weights is None:
            raise RuntimeError("fit the model first")
        X = self._rows(X)
        if len(X[0]) != len(self.weights):
            raise ValueError(f"rows should have {len(self.weights)} numbers, got {len(X[0])}")
        labels = []
        for row in X:
            score = self.bias
            for j in range(len(row)):
                score += self.weights[j] * row[j]
            labels.append(1 if score >= 0 else -1)
        return np.array(labels)

    def _rows(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
            raise ValueError(f"X should be a table of numbers, got shape {X.shape}")
        return X.tolist()

    def _label(self, label):
        if np.ndim(label) != 0 or label not in (-1, 1):
            raise ValueError(f"labels should be -1 or 1, got {label}")
        return float(label)
