"""Standard deviations are measured on the scores of the fitted rows; the way back is the pseudo-inverse of the way in."""

import numpy as np


def matrix(values, what):
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"{what} must be a matrix with elements, got shape {values.shape}")
    return values


class PCA:
    def __init__(self, n_components=2, whiten=False):
        self.n_components = n_components
        self.whiten = whiten
        self.projection = None

    def fit(self, X):
        X = matrix(X, "X")
        if not 1 <= self.n_components <= min(X.shape):
            raise ValueError(f"{self.n_components} components of data of shape {X.shape}")
        self.mean = np.mean(X, axis=0)
        all_equal = not np.ptp(X, axis=0).any()
        centred = np.zeros_like(X) if all_equal else X - self.mean
        rows = np.linalg.svd(centred, full_matrices=False)[2][: self.n_components]
        scores = centred @ rows.T
        # Scores have mean 0 in theory only: about zero, as the components see them.
        squares = np.sum(scores**2, axis=0)
        total = np.sum(centred**2)
        self.components = rows
        self.explained_variance_ratio = squares / total if total > 0 else np.zeros(len(rows))
        self.projection = rows.T
        if self.whiten:
            dead = squares <= 1e-12 * squares[0]
            factors = np.sqrt((len(X) - 1) / np.where(dead, 1.0, squares))
            self.projection = rows.T * np.where(dead, 0.0, factors)
        return self

    def transform(self, X):
        if self.projection is None:
            raise RuntimeError("there was no fit")
        X = matrix(X, "X")
        if X.shape[1] != self.mean.size:
            raise ValueError(f"fit saw {self.mean.size} features, got {X.shape[1]}")
        return (X - self.mean) @ self.projection

    def fit_transform(self, X):
        self.fit(X)
        return self.transform(X)

    def inverse_transform(self, Z):
        if self.projection is None:
            raise RuntimeError("there was no fit")
        Z = matrix(Z, "Z")
        if Z.shape[1] != self.n_components:
            raise ValueError(f"{self.n_components} columns expected, got {Z.shape[1]}")
        return Z @ np.linalg.pinv(self.projection) + self.mean
