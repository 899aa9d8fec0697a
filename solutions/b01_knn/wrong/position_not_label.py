"""Returns the position of the label in classes_, not the label.

Caught by: test_predict_equals_the_definition
"""

import numpy as np


class KNN:
    def __init__(self, k=3):
        self.k = k
        self.rows = None

    def fit(self, X, y):
        X, y = matrix(X).copy(), np.array(y)
        if y.shape != (len(X),):
            raise ValueError(f"y has shape {y.shape}, expected ({len(X)},)")
        if not 1 <= self.k <= len(X):
            raise ValueError(f"k is {self.k}, expected 1..{len(X)}")
        self.rows = X
        self.classes_, self.codes = np.unique(y, return_inverse=True)
        return self

    def nearest(self, X):
        if self.rows is None:
            raise RuntimeError("fit first")
        X = matrix(X)
        if X.shape[1] != self.rows.shape[1]:
            raise ValueError(f"{X.shape[1]} columns, expected {self.rows.shape[1]}")
        return np.argsort(distances(X, self.rows), axis=1, kind="stable")[:, : self.k]

    def votes(self, X):
        voters = self.nearest(X)
        return np.array([np.bincount(codes, minlength=len(self.classes_)) for codes in self.codes[voters]])

    def predict(self, X):
        return self.votes(X).argmax(axis=1)

    def predict_proba(self, X):
        return self.votes(X) / self.k


def distances(queries, rows):
    return sum(np.subtract.outer(q, r) ** 2 for q, r in zip(queries.T, rows.T))


def matrix(X):
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"shape {X.shape}, expected rows and columns")
    return X
