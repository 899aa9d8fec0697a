"""fit calls the three public methods, as from-scratch classes do: each checks and converts its arguments anew."""

import numpy as np


class OptimizedKMeans:
    def __init__(self, k=3, max_iterations=300, tolerance=1e-4, random_state=None):
        self.k = k
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.random_state = random_state

    def initialize_centroids(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must be a matrix with rows and columns, got shape {X.shape}")
        if not 1 <= self.k <= len(X):
            raise ValueError(f"k must be between 1 and {len(X)}, got {self.k}")
        rng = np.random.default_rng(self.random_state)
        chosen = [int(rng.integers(len(X)))]
        gaps = np.full(len(X), np.inf)
        while len(chosen) < self.k:
            gaps = np.minimum(gaps, ((X - X[chosen[-1]]) ** 2).sum(axis=1))
            chosen.append(int(rng.choice(len(X), p=gaps / gaps.sum()) if gaps.sum() > 0 else 0))
        return X[chosen]

    def assign_points_to_clusters(self, X, centroids):
        X, centroids = np.asarray(X, dtype=float), np.asarray(centroids, dtype=float)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must be a matrix with rows and columns, got shape {X.shape}")
        if centroids.shape != (self.k, X.shape[1]):
            raise ValueError(f"centroids must have shape {(self.k, X.shape[1])}, got {centroids.shape}")
        origin = X.mean(axis=0)
        X, centroids = X - origin, centroids - origin
        scores = (centroids**2).sum(axis=1)[:, None] - 2 * centroids @ X.T
        return scores.argmin(axis=0)

    def update_centroids(self, X, labels):
        X, labels = np.asarray(X, dtype=float), np.asarray(labels)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must be a matrix with rows and columns, got shape {X.shape}")
        if labels.shape != (len(X),):
            raise ValueError(f"labels must have shape {(len(X),)}, got {labels.shape}")
        if labels.min() < 0 or labels.max() >= self.k:
            raise ValueError(f"labels must be from 0 to {self.k - 1}")
        counts = np.bincount(labels, minlength=self.k)
        members = (labels == np.arange(self.k)[:, None]).astype(float)
        means = members @ X / np.maximum(counts, 1)[:, None]
        empty = np.flatnonzero(counts == 0)
        if len(empty):
            off = ((X - means[labels]) ** 2).sum(axis=1)
            means[empty] = X[np.argsort(-off)[: len(empty)]]
        return means

    def fit(self, X):
        X = np.array(X, dtype=float)
        if self.max_iterations < 1:
            raise ValueError(f"max_iterations must be at least 1, got {self.max_iterations}")
        if self.tolerance < 0:
            raise ValueError(f"tolerance must be at least 0, got {self.tolerance}")
        centroids = self.initialize_centroids(X)
        labels = self.assign_points_to_clusters(X, centroids)
        costs = [self._cost(X, centroids, labels)]
        while True:
            was_full = self._is_full(labels)
            centroids = self.update_centroids(X, labels)
            labels = self.assign_points_to_clusters(X, centroids)
            costs.append(self._cost(X, centroids, labels))
            fell = costs[-2] - costs[-1]
            is_done = len(costs) > self.max_iterations or fell <= self.tolerance * costs[-2]
            if is_done and (self._is_full(labels) or (not was_full and fell <= 0)):
                break
        self.centroids = centroids
        self.labels = labels
        self.inertia = costs[-1]
        self.n_iterations = len(costs) - 1
        self.cost_history = costs
        return self

    def _is_full(self, labels):
        return bool(np.bincount(labels, minlength=self.k).all())

    def _cost(self, X, centroids, labels):
        return float(((X - centroids[labels]) ** 2).sum())
