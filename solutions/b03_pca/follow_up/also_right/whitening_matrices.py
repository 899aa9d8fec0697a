"""By eigh of the covariance; `fit` makes two matrices, one for each way, and they are all that is used after it."""

import numpy as np


class PCA:
    def __init__(self, n_components=2, whiten=False):
        self.n_components, self.whiten = n_components, whiten
        self.there = None

    def _matrix(self, values, columns=None):
        values = np.array(values, dtype=float)
        if values.ndim != 2 or 0 in values.shape or columns not in (None, values.shape[1]):
            raise ValueError(f"expected a matrix of {columns or 'some'} columns, got shape {values.shape}")
        return values

    def fit(self, X):
        X = self._matrix(X)
        n, d = X.shape
        k = self.n_components
        if k < 1 or k > n or k > d:
            raise ValueError(f"n_components is {k}, expected 1 to {min(n, d)}")
        self.mean = np.mean(X, axis=0)
        centred = X - self.mean
        values, vectors = np.linalg.eigh(centred.T @ centred / max(n - 1, 1))
        values = np.maximum(values[::-1], 0) if (np.ptp(X, axis=0) > 0).any() else np.zeros(d)
        self.components = np.ascontiguousarray(vectors.T[::-1][:k])
        self.explained_variance_ratio = values[:k] / (values.sum() or 1.0)
        self.there, self.back = self.components.T.copy(), self.components.copy()
        if self.whiten:
            for j, value in enumerate(values[:k]):
                lives = value > 1e-12 * values[0]
                self.there[:, j] *= value**-0.5 if lives else 0.0
                self.back[j] *= value**0.5 if lives else 0.0
        return self

    def _learned(self):
        if self.there is None:
            raise RuntimeError("not fitted")

    def transform(self, X):
        self._learned()
        return (self._matrix(X, len(self.mean)) - self.mean) @ self.there

    def inverse_transform(self, Z):
        self._learned()
        return self._matrix(Z, len(self.back)) @ self.back + self.mean

    def fit_transform(self, X):
        return self.fit(X).transform(X)
