"""Makes the sum of each component positive, and multiplies by 0 where the sum is 0.

Caught by: test_components_with_zeros_or_entries_that_cancel_are_whole
"""

import numpy as np


class PCA:
    def __init__(self, n_components=2):
        self.n_components, self.mean = n_components, None

    def fit(self, X):
        X = np.array(X, float)
        if X.ndim != 2 or X.size == 0 or not 1 <= self.n_components <= min(X.shape):
            raise ValueError(f"shape {X.shape} or n_components {self.n_components} will not do")
        k = self.n_components
        self.mean = X.mean(axis=0)
        centred = X - self.mean
        values, vectors = np.linalg.eigh(centred.T @ centred / len(X))
        values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
        self.components = vectors.T[:k] * np.sign(vectors.T[:k].sum(axis=1, keepdims=True))
        total = 0 if np.all(X == X[0]) else values.sum()
        self.explained_variance_ratio = values[:k] / total if total else np.zeros(k)
        return self

    def transform(self, X):
        if self.mean is None:
            raise RuntimeError("fit first")
        X = np.asarray(X, float)
        if X.ndim != 2 or X.size == 0 or X.shape[1] != len(self.mean):
            raise ValueError(f"shape {X.shape} will not do")
        return (X - self.mean) @ self.components.T

    def fit_transform(self, X):
        return self.fit(X).transform(X)
