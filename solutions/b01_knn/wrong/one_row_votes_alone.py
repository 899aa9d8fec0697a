"""Lets a single row vote, whatever k is.

Caught by: test_one_training_row_is_not_enough_for_two_votes
"""

import numpy as np


class KNN:
    def __init__(self, k=3):
        self.k = k
        self._rows = None

    def fit(self, X, y):
        rows, labels = np.array(X, dtype=float), np.asarray(y)
        if rows.ndim != 2 or rows.size == 0 or labels.shape != (len(rows),) or not 1 <= self.k <= max(len(rows), 2):
            raise ValueError("X, y or k do not fit")
        self.classes_, self._codes = np.unique(labels, return_inverse=True)
        self._rows = rows
        return self

    def predict_proba(self, X):
        if self._rows is None:
            raise RuntimeError("not fitted")
        queries = np.asarray(X, dtype=float)
        if queries.ndim != 2 or queries.size == 0 or queries.shape[1] != self._rows.shape[1]:
            raise ValueError("queries do not fit")
        distances = sum(np.subtract.outer(a, b) ** 2 for a, b in zip(queries.T, self._rows.T))
        order = np.argsort(distances, axis=1, kind="stable")[:, : self.k]
        return (
            np.stack([(self._codes[order] == c).sum(axis=1) for c in range(len(self.classes_))], axis=1)
            / order.shape[1]
        )

    def predict(self, X):
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]
