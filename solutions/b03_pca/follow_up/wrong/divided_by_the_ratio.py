"""Divides by the ratios of explained variance.

Caught by: test_whitened_coordinates_have_the_identity_as_covariance
"""

import numpy as np


def matrix(values):
    data = np.asarray(values, dtype=float)
    if data.ndim != 2 or data.size == 0:
        raise ValueError(f"shape {data.shape}")
    return data


class PCA:
    def __init__(self, n_components=2, whiten=False):
        self.n_components, self.whiten, self.mean = n_components, whiten, None

    def fit(self, X):
        X, k = matrix(X), self.n_components
        if not 1 <= k <= min(X.shape):
            raise ValueError(f"n_components {k}")
        self.mean = X.mean(axis=0)
        _, values, rows = np.linalg.svd(X - self.mean, full_matrices=False)
        total = 0.0 if np.all(X == X[0]) else np.sum(values**2)
        self.components = rows[:k]
        self.explained_variance_ratio = values[:k] ** 2 / total if total else np.zeros(k)
        deviations = self.explained_variance_ratio
        self.deviations = np.where(self.explained_variance_ratio < 1e-12, np.inf, deviations)
        return self

    def transform(self, X):
        if self.mean is None:
            raise RuntimeError("not fitted")
        X = matrix(X)
        if X.shape[1] != len(self.mean):
            raise ValueError(f"{X.shape[1]} features")
        Z = (X - self.mean) @ self.components.T
        return Z / self.deviations if self.whiten else Z

    def fit_transform(self, X):
        return self.fit(X).transform(X)

    def inverse_transform(self, Z):
        if self.mean is None:
            raise RuntimeError("not fitted")
        Z = matrix(Z)
        if Z.shape[1] != self.n_components:
            raise ValueError(f"{Z.shape[1]} columns")
        if self.whiten:
            Z = Z * np.where(np.isinf(self.deviations), 0.0, self.deviations)
        return Z @ self.components + self.mean
