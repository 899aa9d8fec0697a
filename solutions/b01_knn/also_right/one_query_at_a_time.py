"""Each query in turn: distances by a norm, order by lexsort, votes by a Counter; labels are never made numbers."""

from collections import Counter

import numpy as np


class KNN:
    def __init__(self, k=3):
        self.k = k
        self.fitted = False

    def fit(self, X, y):
        X, y = np.array(X, dtype=float), np.array(y)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X should be a matrix that is not empty, got shape {X.shape}")
        if y.ndim != 1 or len(y) != len(X):
            raise ValueError(f"y should have shape ({len(X)},), got {y.shape}")
        if self.k < 1 or self.k > len(X):
            raise ValueError(f"k should be 1 to {len(X)}, got {self.k}")
        self.X, self.y = X, y
        self.labels = y.tolist()
        self.sorted_labels = sorted(set(self.labels))
        self.classes_ = np.array(self.sorted_labels, dtype=y.dtype)
        self.fitted = True
        return self

    def _ask(self, X):
        if not self.fitted:
            raise RuntimeError("fit first")
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or 0 in X.shape or X.shape[1] != self.X.shape[1]:
            raise ValueError(f"queries should have shape (q, {self.X.shape[1]}), got {X.shape}")
        numbers = np.arange(len(self.X))
        for query in X:
            distances = np.linalg.norm(self.X - query, axis=1)
            voters = np.lexsort((numbers, distances))[: self.k]
            yield Counter(self.labels[i] for i in voters.tolist())

    def predict(self, X):
        winners = []
        for votes in self._ask(X):
            most = max(votes.values())
            winners.append(min(label for label, count in votes.items() if count == most))
        return np.array(winners, dtype=self.y.dtype)

    def predict_proba(self, X):
        return np.array([[votes[label] / self.k for label in self.sorted_labels] for votes in self._ask(X)])
