"""One query at a time, as most public code does it: a norm, argsort and a Counter of the labels themselves."""

from collections import Counter

import numpy as np


class KNN:
    def __init__(self, k=3):
        self.k = k
        self.X_train = None

    def fit(self, X, y):
        X, y = np.array(X, dtype=float), np.array(y)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X should be a matrix, got shape {X.shape}")
        if y.ndim != 1 or len(y) != len(X):
            raise ValueError(f"y should have shape ({len(X)},), got {y.shape}")
        if self.k < 1 or self.k > len(X):
            raise ValueError(f"k should be 1 to {len(X)}, got {self.k}")
        self.X_train = X
        self.y_train = y
        self.classes_ = np.array(sorted(set(y.tolist())))
        return self

    def predict(self, X):
        return np.array([self._predict(votes) for votes in self._votes(X)])

    def predict_proba(self, X):
        return np.array([[votes[label] / self.k for label in self.classes_.tolist()] for votes in self._votes(X)])

    def _predict(self, votes):
        most = max(votes.values())
        return min(label for label, count in votes.items() if count == most)

    def _votes(self, X):
        if self.X_train is None:
            raise RuntimeError("fit first")
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != self.X_train.shape[1]:
            raise ValueError(f"queries should have shape (q, {self.X_train.shape[1]}), got {X.shape}")
        return [self._nearest(x) for x in X]

    def _nearest(self, x):
        distances = np.sqrt(np.sum((self.X_train - x) ** 2, axis=1))
        k_indices = np.argsort(distances)[: self.k]
        return Counter(self.y_train[k_indices].tolist())
