"""Remembers the fractions for an array, which may hold other queries by then.

Caught by: test_queries_that_are_changed_in_place_are_answered_anew
"""

import numpy as np


class KNN:
    def __init__(self, k=3):
        self.k = k
        self._rows = None

    def fit(self, X, y):
        rows, labels = np.array(X, dtype=float), np.asarray(y)
        if rows.ndim != 2 or rows.size == 0 or labels.shape != (len(rows),) or not 1 <= self.k <= len(rows):
            raise ValueError("X, y or k do not fit")
        self.classes_, self._codes = np.unique(labels, return_inverse=True)
        self._rows, self._known = rows, {}
        return self

    def predict_proba(self, X):
        if self._rows is None:
            raise RuntimeError("not fitted")
        if id(X) in self._known:
            return self._known[id(X)][1].copy()
        queries = np.asarray(X, dtype=float)
        if queries.ndim != 2 or queries.size == 0 or queries.shape[1] != self._rows.shape[1]:
            raise ValueError("queries do not fit")
        distances = sum(np.subtract.outer(a, b) ** 2 for a, b in zip(queries.T, self._rows.T))
        order = np.argsort(distances, axis=1, kind="stable")[:, : self.k]
        table = np.stack([(self._codes[order] == c).sum(axis=1) for c in range(len(self.classes_))], axis=1) / self.k
        self._known[id(X)] = X, table.copy()
        return table

    def predict(self, X):
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]
