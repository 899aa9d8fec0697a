"""By eigh of the covariance matrix, eigenvalues turned round."""

import numpy as np


class PCA:
    def __init__(self, n_components=2):
        self.n_components = n_components
        self.mean = None

    def _matrix(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"expected a non-empty matrix, got shape {X.shape}")
        return X

    def fit(self, X):
        X = self._matrix(X)
        n, d = X.shape
        k = self.n_components
        if k < 1 or k > n or k > d:
            raise ValueError(f"n_components is {k}, expected 1 to {min(n, d)}")
        self.mean = np.mean(X, axis=0)
        centred = X - self.mean
        values, vectors = np.linalg.eigh(centred.T @ centred / n)
        values = np.maximum(values[::-1], 0)
        self.components = np.ascontiguousarray(vectors.T[::-1][:k])
        varies = (np.ptp(X, axis=0) > 0).any()
        self.explained_variance_ratio = values[:k] / values.sum() if varies else np.zeros(k)
        return self

    def transform(self, X):
        if self.mean is None:
            raise RuntimeError("not fitted")
        X = self._matrix(X)
        if X.shape[1] != self.mean.size:
            raise ValueError("another number of features than in fit")
        return np.dot(X - self.mean, self.components.T)

    def fit_transform(self, X):
        self.fit(X)
        return self.transform(X)
