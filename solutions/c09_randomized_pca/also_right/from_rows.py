"""Sketches the rows instead of the columns: a basis of the row space, and the SVD of X times it."""

import numpy as np


def checked(X):
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"expected a matrix, got shape {X.shape}")
    return X


def randomized_svd(X, k, n_oversamples=10, n_iterations=4, random_state=None):
    X = checked(X)
    if k < 1 or k > min(X.shape) or n_oversamples < 0 or n_iterations < 0:
        raise ValueError(f"k={k}, n_oversamples={n_oversamples}, n_iterations={n_iterations} for shape {X.shape}")
    rng = np.random.default_rng(random_state)
    V = np.linalg.qr(X.T @ rng.standard_normal((len(X), k + n_oversamples)))[0]
    for _ in range(n_iterations):
        U = np.linalg.qr(X @ V)[0]
        V = np.linalg.qr(X.T @ U)[0]
    U, s, Wt = np.linalg.svd(X @ V, full_matrices=False)
    return U[:, :k], s[:k], Wt[:k] @ V.T


class RandomizedPCA:
    def __init__(self, n_components=2, random_state=None):
        self.n_components = n_components
        self.random_state = random_state
        self.mean = None

    def fit(self, X):
        X = checked(X)
        mean = X.mean(axis=0)
        _, s, self.components = randomized_svd(X - mean, self.n_components, random_state=self.random_state)
        total = X.var(axis=0).sum() * len(X)
        self.explained_variance_ratio = np.divide(s**2, total, out=np.zeros_like(s), where=total > 0)
        self.mean = mean
        return self

    def transform(self, X):
        if self.mean is None:
            raise RuntimeError("not fitted")
        X = checked(X)
        if X.shape[1] != len(self.mean):
            raise ValueError(f"{X.shape[1]} features, but {len(self.mean)} in fit")
        return (X - self.mean) @ self.components.T
