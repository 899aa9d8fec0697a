"""Lets all rows vote that equal the query, more than k of them too.

Caught by: test_of_rows_that_equal_the_query_only_the_first_k_vote
"""

import numpy as np


def matrix(X):
    X = np.asarray(X, dtype=float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"shape {X.shape}")
    return X


def weigh(distances):
    hits = distances == 0
    inverse = 1 / np.where(hits, 1.0, distances)
    return np.where(hits.any(axis=1, keepdims=True), hits * 1.0, inverse)


class KNN:
    def __init__(self, k=3, weights="uniform"):
        self.k, self.weights, self.rows = k, weights, None

    def fit(self, X, y):
        X, y = matrix(X).copy(), np.asarray(y)
        if y.shape != (len(X),) or not 1 <= self.k <= len(X):
            raise ValueError(f"shapes {X.shape} and {y.shape}, k = {self.k}")
        if self.weights not in ("uniform", "distance"):
            raise ValueError(f"weights {self.weights!r}")
        self.classes_, self.codes = np.unique(y, return_inverse=True)
        self.rows = X
        return self

    def predict_proba(self, X):
        if self.rows is None:
            raise RuntimeError("not fitted")
        X = matrix(X)
        if X.shape[1] != self.rows.shape[1]:
            raise ValueError(f"{X.shape[1]} columns")
        squares = sum(np.subtract.outer(a, b) ** 2 for a, b in zip(X.T, self.rows.T, strict=True))
        voters = np.argsort(squares, axis=1, kind="stable")[:, : self.k]
        distances = np.sqrt(np.take_along_axis(squares, voters, axis=1))
        weights = weigh(distances) if self.weights == "distance" else np.ones(voters.shape)
        votes = np.zeros((len(X), len(self.classes_)))
        for column in range(self.k):
            votes[np.arange(len(X)), self.codes[voters[:, column]]] += weights[:, column]
        if self.weights == "distance":
            for i in np.flatnonzero((squares == 0).any(axis=1)):
                votes[i] = np.bincount(self.codes[squares[i] == 0], minlength=len(self.classes_))
        return votes / votes.sum(axis=1, keepdims=True)

    def predict(self, X):
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]
