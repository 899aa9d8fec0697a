"""Sums and counts of all rows are kept, and divided anew after each batch; membership as a 0/1 matrix."""

import numpy as np


class KMeans:
    def __init__(self, k=3, max_iterations=300, tolerance=1e-4, random_state=None):
        self.k, self.max_iterations, self.tolerance, self.random_state = k, max_iterations, tolerance, random_state
        self._fitted = False

    def _check(self, X, centroids=None, labels=None):
        X = np.asarray(X, float)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X must be (n, d), is {X.shape}")
        if centroids is not None:
            centroids = np.asarray(centroids, float)
            if centroids.shape != (self.k, X.shape[1]):
                raise ValueError(f"centroids must be ({self.k}, {X.shape[1]}), are {centroids.shape}")
        if labels is not None:
            labels = np.asarray(labels)
            if labels.shape != (len(X),) or any(v not in range(self.k) for v in labels.tolist()):
                raise ValueError("labels must be n numbers from 0 to k - 1")
        return X, centroids, labels

    def _distances(self, X, C):
        return np.stack([np.sum((X - c) ** 2, axis=1) for c in C])  # (k, n)

    def initialize_centroids(self, X):
        X, _, _ = self._check(X)
        if self.k < 1 or self.k > len(X):
            raise ValueError("k must be between 1 and n")
        rng = np.random.default_rng(self.random_state)
        picks = [int(rng.integers(len(X)))]
        for _ in range(self.k - 1):
            w = self._distances(X, X[picks]).min(axis=0)
            if not w.any():
                w = np.ones(len(X))
            picks.append(int(rng.choice(len(X), p=w / w.sum())))
        return X[picks]

    def assign_points_to_clusters(self, X, centroids):
        X, C, _ = self._check(X, centroids)
        return self._distances(X, C).argmin(axis=0)

    def update_centroids(self, X, labels):
        X, _, labels = self._check(X, labels=labels)
        onehot = labels[:, None] == np.arange(self.k)
        sizes = onehot.sum(axis=0)
        means = onehot.T.astype(float) @ X / np.maximum(sizes, 1)[:, None]
        gap = np.sum((X - means[labels]) ** 2, axis=1)
        for j in np.flatnonzero(sizes == 0):
            i = gap.argmax()
            means[j] = X[i]
            gap[i] = -1
        return means

    def compute_cost(self, X, centroids, labels):
        X, C, labels = self._check(X, centroids, labels)
        return float(np.linalg.norm(X - C[labels]) ** 2)

    def fit(self, X):
        if self.max_iterations < 1 or self.tolerance < 0:
            raise ValueError("max_iterations must be >= 1, tolerance >= 0")
        C = self.initialize_centroids(X)
        labels = self.assign_points_to_clusters(X, C)
        cost = self.compute_cost(X, C, labels)
        history = [cost]
        for _ in range(self.max_iterations):
            C = self.update_centroids(X, labels)
            labels = self.assign_points_to_clusters(X, C)
            before, cost = cost, self.compute_cost(X, C, labels)
            history.append(cost)
            if before - cost <= self.tolerance * before:
                break
        self.centroids, self.labels, self.cost_history, self._fitted = C, labels, history, True
        self.counts = (labels[:, None] == np.arange(self.k)).sum(axis=0)
        self._sums = C * self.counts[:, None]
        return self

    def partial_fit(self, X):
        X, _, _ = self._check(X)
        if self._fitted:
            C, sums, counts = self.centroids, self._sums, self.counts
        else:
            C, counts = self.initialize_centroids(X), np.zeros(self.k, dtype=int)
            sums = np.zeros_like(C)
        members = self.assign_points_to_clusters(X, C)[:, None] == np.arange(self.k)
        self._sums, self.counts = sums + members.T.astype(float) @ X, counts + members.sum(axis=0)
        self.centroids, self._fitted = C.copy(), True
        seen = self.counts > 0
        self.centroids[seen] = self._sums[seen] / self.counts[seen, None]
        return self

    def predict(self, X):
        if not self._fitted:
            raise RuntimeError("fit first")
        return self.assign_points_to_clusters(X, self.centroids)

    def get_cluster_centers(self):
        if not self._fitted:
            raise RuntimeError("fit first")
        return np.copy(self.centroids)
