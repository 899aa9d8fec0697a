"""Adds 1e-8 to each variance before the root.

Caught by: test_units_do_not_matter_to_whitened_scores
"""

import numpy as np


def matrix(values):
    data = np.asarray(values, dtype=float)
    if data.ndim != 2 or 0 in data.shape:
        raise ValueError(f"shape {data.shape}")
    return data


class PCA:
    def __init__(self, n_components=2, whiten=False):
        self.n_components, self.whiten, self.mean = n_components, whiten, None

    def fit(self, X):
        X = matrix(X)
        k = self.n_components
        if not 1 <= k <= min(X.shape):
            raise ValueError(f"n_components {k} with data of shape {X.shape}")
        self.mean = X.mean(axis=0)
        _, s, rows = np.linalg.svd(X - self.mean, full_matrices=False)
        s = s * np.any(X != X[0])
        total = np.sum(s**2)
        self.components = rows[:k]
        self.explained_variance_ratio = s[:k] ** 2 / total if total > 0 else np.zeros(k)
        sigma = s[:k] / np.sqrt(max(len(X) - 1, 1))
        self.sigma = np.where(sigma > 1e-6 * sigma[0], np.sqrt(sigma**2 + 1e-8), 0.0)
        return self

    def transform(self, X):
        if self.mean is None:
            raise RuntimeError("call fit first")
        X = matrix(X)
        if X.shape[1] != len(self.mean):
            raise ValueError(f"{X.shape[1]} features")
        scores = (X - self.mean) @ self.components.T
        if self.whiten:
            scores = np.where(self.sigma > 0, scores / np.where(self.sigma > 0, self.sigma, 1.0), 0.0)
        return scores

    def fit_transform(self, X):
        return self.fit(X).transform(X)

    def inverse_transform(self, Z):
        if self.mean is None:
            raise RuntimeError("call fit first")
        Z = matrix(Z)
        if Z.shape[1] != len(self.components):
            raise ValueError(f"{Z.shape[1]} columns")
        if self.whiten:
            Z = Z * self.sigma
        return self.mean + Z @ self.components
