"""By eigh of the covariance, with one matrix for each direction: into coordinates, and back."""

import numpy as np


class PCA:
    def __init__(self, n_components=2, whiten=False):
        self.n_components = n_components
        self.whiten = whiten
        self._forward = None

    def fit(self, X):
        X = self._checked(X)
        n, d = X.shape
        if self.n_components not in range(1, min(n, d) + 1):
            raise ValueError(f"n_components must lie in 1 ... {min(n, d)}, got {self.n_components}")
        self.mean = np.mean(X, axis=0)
        centred = X - self.mean
        scale = np.abs(centred).max() if np.ptp(X, axis=0).any() else 0.0
        unit = centred / scale if scale else np.zeros_like(centred)
        variances, vectors = np.linalg.eigh(unit.T @ unit / n)
        order = np.argsort(variances)[::-1][: self.n_components]
        total = np.trace(unit.T @ unit / n)
        kept = np.clip(variances[order], 0, None)
        self.components = vectors[:, order].T.copy()
        self.explained_variance_ratio = kept / total if total > 0 else np.zeros(len(kept))
        alive = self.explained_variance_ratio >= 1e-12
        spread = np.sqrt(kept) * scale
        shrink = np.divide(1.0, spread, out=np.zeros_like(spread), where=alive)
        stretch = np.where(alive, spread, 0.0)
        if not self.whiten:
            shrink = stretch = np.ones(len(kept))
        self._forward = self.components.T * shrink
        self._back = stretch[:, np.newaxis] * self.components
        return self

    def transform(self, X):
        self._fitted()
        X = self._checked(X)
        if X.shape[1] != self._forward.shape[0]:
            raise ValueError(f"expected {self._forward.shape[0]} features, got {X.shape[1]}")
        return np.matmul(X - self.mean, self._forward)

    def fit_transform(self, X):
        self.fit(X)
        return self.transform(X)

    def inverse_transform(self, Z):
        self._fitted()
        Z = self._checked(Z)
        if Z.shape[1] != self._back.shape[0]:
            raise ValueError(f"expected {self._back.shape[0]} coordinates, got {Z.shape[1]}")
        return np.matmul(Z, self._back) + self.mean

    def _fitted(self):
        if self._forward is None:
            raise RuntimeError("fit comes first")

    @staticmethod
    def _checked(values):
        values = np.array(values, dtype=np.float64)
        if values.ndim != 2 or 0 in values.shape:
            raise ValueError(f"expected a matrix with elements, got shape {values.shape}")
        return values
