"""Small (chunk, n, d) blocks of differences, a stable sort, labels by binary search."""

import numpy as np


class KNN:
    CHUNK = 16

    def __init__(self, k=3):
        self.k = k

    def fit(self, X, y):
        matrix, labels = self._check(X), np.array(y)
        if labels.ndim != 1:
            raise ValueError("y must be one-dimensional")
        if labels.size != matrix.shape[0]:
            raise ValueError(f"{labels.size} labels for {matrix.shape[0]} rows")
        if self.k <= 0 or self.k > matrix.shape[0]:
            raise ValueError(f"k={self.k} with {matrix.shape[0]} rows")
        self.classes_ = np.array(sorted(set(labels.tolist())), dtype=labels.dtype)
        self.codes = np.searchsorted(self.classes_, labels)
        self.matrix = matrix
        return self

    def predict(self, X):
        return np.array([self.classes_[np.flatnonzero(row == row.max())[0]] for row in self.predict_proba(X)])

    def predict_proba(self, X):
        if not hasattr(self, "matrix"):
            raise RuntimeError("call fit before predict")
        queries = self._check(X)
        if queries.shape[1] != self.matrix.shape[1]:
            raise ValueError(f"{queries.shape[1]} columns, expected {self.matrix.shape[1]}")
        return np.vstack([self._chunk(queries[i : i + self.CHUNK]) for i in range(0, len(queries), self.CHUNK)])

    def _chunk(self, queries):
        block = queries[:, None, :] - self.matrix[None, :, :]
        distances = np.einsum("qnd,qnd->qn", block, block)
        voters = self.codes[np.argsort(distances, axis=1, kind="stable")[:, : self.k]]
        return np.stack([(voters == code).mean(axis=1) for code in range(len(self.classes_))], axis=1)

    @staticmethod
    def _check(X):
        matrix = np.array(X, dtype=np.float64)
        if matrix.ndim != 2 or 0 in matrix.shape:
            raise ValueError(f"expected two dimensions, neither empty, got shape {matrix.shape}")
        return matrix
