"""Converts differences to float64, by when those of signed integers have wrapped around.

Caught by: test_integer_coordinates_do_not_wrap_around
"""

import numpy as np


class KNN:
    def __init__(self, k=3):
        self.k = k
        self._rows = None

    def fit(self, X, y):
        rows, labels = np.array(X), np.asarray(y)
        rows = rows if rows.dtype.kind == "i" else rows.astype(float)
        if rows.ndim != 2 or rows.size == 0 or labels.shape != (len(rows),) or not 1 <= self.k <= len(rows):
            raise ValueError("X, y or k do not fit")
        self.classes_, self._codes = np.unique(labels, return_inverse=True)
        self._rows = rows
        return self

    def predict_proba(self, X):
        if self._rows is None:
            raise RuntimeError("not fitted")
        queries = np.asarray(X)
        queries = queries if queries.dtype.kind == "i" else queries.astype(float)
        if queries.ndim != 2 or queries.size == 0 or queries.shape[1] != self._rows.shape[1]:
            raise ValueError("queries do not fit")
        distances = sum(np.subtract.outer(a, b).astype(float) ** 2 for a, b in zip(queries.T, self._rows.T))
        order = np.argsort(distances, axis=1, kind="stable")[:, : self.k]
        return np.stack([(self._codes[order] == c).sum(axis=1) for c in range(len(self.classes_))], axis=1) / self.k

    def predict(self, X):
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]
