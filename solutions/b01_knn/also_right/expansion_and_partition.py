"""Distances by a clipped float64 expansion; voters by selection, without sorting; votes by a matrix product."""

import numpy as np


class KNN:
    _memory = None

    def __init__(self, k=3):
        self._k = k

    def fit(self, X, y):
        rows = np.array(X, dtype=np.float64, copy=True)
        labels = np.asarray(y)
        if rows.ndim != 2:
            raise ValueError(f"expected a matrix, got {rows.ndim} dimensions")
        n, d = rows.shape
        if n == 0 or d == 0:
            raise ValueError(f"expected rows and columns, got {rows.shape}")
        if labels.shape != (n,):
            raise ValueError(f"expected {n} labels, got shape {labels.shape}")
        if self._k not in range(1, n + 1):
            raise ValueError(f"expected k in 1..{n}, got {self._k}")
        self.classes_ = np.unique(labels)
        one_hot = (labels[:, None] == self.classes_[None, :]).astype(np.float64)
        self._memory = rows, (rows**2).sum(axis=1), one_hot
        return self

    def predict(self, X):
        votes = self._count(X)
        return np.take(self.classes_, votes.argmax(axis=1))

    def predict_proba(self, X):
        return self._count(X) / self._k

    def _count(self, X):
        if self._memory is None:
            raise RuntimeError("this model has not been fitted")
        rows, norms, one_hot = self._memory
        queries = np.asarray(X, dtype=np.float64)
        if queries.ndim != 2 or len(queries) < 1 or queries.shape[1] != rows.shape[1]:
            raise ValueError(f"expected shape (q, {rows.shape[1]}), got {queries.shape}")
        distances = norms[None, :] + (queries**2).sum(axis=1)[:, None] - 2 * queries @ rows.T
        distances = np.sqrt(np.clip(distances, 0, None))
        kth = np.partition(distances, self._k - 1, axis=1)[:, self._k - 1 : self._k]
        closer, tied = distances < kth, distances == kth
        places = self._k - closer.sum(axis=1, keepdims=True)
        return (closer | (tied & (tied.cumsum(axis=1) <= places))) @ one_hot
