"""By the full SVD, signs chosen so that the largest entry of each component is positive."""

import numpy as np


class PCA:
    def __init__(self, n_components=2):
        self.n_components = n_components

    def fit(self, X):
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or not X.size:
            raise ValueError("X must be a table with rows and columns")
        if self.n_components not in range(1, min(X.shape) + 1):
            raise ValueError("n_components does not fit the data")
        mean = X.mean(0)
        centred = X - mean
        _, s, vt = np.linalg.svd(centred, full_matrices=len(X) < 50)
        vt = vt[: self.n_components]
        largest = vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)]
        self.components = vt * np.where(largest < 0, -1.0, 1.0)[:, None]
        power = s**2
        self.explained_variance_ratio = power[: self.n_components] / (np.sum(power) or 1.0)
        self.mean = mean
        return self

    def transform(self, X):
        if not hasattr(self, "components"):
            raise RuntimeError("call fit before transform")
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or not X.size or X.shape[1] != self.components.shape[1]:
            raise ValueError(f"expected (m, {self.components.shape[1]}), got {X.shape}")
        return X @ self.components.T - self.mean @ self.components.T

    def fit_transform(self, X):
        return self.fit(X).transform(X)
