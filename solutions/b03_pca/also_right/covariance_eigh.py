"""As most public code does it: np.cov, eigenvectors sorted by falling eigenvalue; with eigh, made for symmetric matrices."""

import numpy as np


class PCA:
    def __init__(self, n_components=2):
        self.n_components = n_components
        self.components = None
        self.mean = None

    def fit(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"expected a matrix, got shape {X.shape}")
        if self.n_components < 1 or self.n_components > min(X.shape):
            raise ValueError(f"n_components is {self.n_components}, expected 1 to {min(X.shape)}")
        self.mean = np.mean(X, axis=0)
        X = X - self.mean
        cov = np.cov(X.T)
        eigenvalues, eigenvectors = np.linalg.eigh(cov)
        eigenvectors = eigenvectors.T
        idxs = np.argsort(eigenvalues)[::-1]
        eigenvalues = eigenvalues[idxs]
        eigenvectors = eigenvectors[idxs]
        self.components = eigenvectors[: self.n_components]
        total = np.sum(eigenvalues)
        self.explained_variance_ratio = eigenvalues[: self.n_components] / (total if total > 0 else 1)
        return self

    def transform(self, X):
        if self.components is None:
            raise RuntimeError("not fitted")
        X = np.array(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != len(self.mean):
            raise ValueError(f"expected (m, {len(self.mean)}), got {X.shape}")
        return np.dot(X - self.mean, self.components.T)

    def fit_transform(self, X):
        return self.fit(X).transform(X)
