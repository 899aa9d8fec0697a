"""Draws the start from the distinct rows of X.

Caught by: test_equal_rows_are_each_as_likely_as_others
"""

import numpy as np


class OptimizedKMeans:
    def __init__(self, k=3, max_iterations=300, tolerance=1e-4, random_state=None):
        self.k, self.max_iterations, self.tolerance, self.random_state = k, max_iterations, tolerance, random_state

    def initialize_centroids(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or 0 in X.shape or not 1 <= self.k <= len(X):
            raise ValueError("X must be a matrix, and 1 <= k <= n")
        distinct = np.unique(X, axis=0)
        X = distinct if len(distinct) >= self.k else X
        rng = np.random.default_rng(self.random_state)
        chosen = [int(rng.integers(len(X)))]
        gaps = np.full(len(X), np.inf)
        while len(chosen) < self.k:
            gaps = np.minimum(gaps, ((X - X[chosen[-1]]) ** 2).sum(axis=1))
            chosen.append(int(rng.choice(len(X), p=gaps / gaps.sum()) if gaps.sum() > 0 else 0))
        return X[chosen]

    def assign_points_to_clusters(self, X, centroids):
        X, centroids = np.array(X, dtype=float), np.array(centroids, dtype=float)
        if X.ndim != 2 or 0 in X.shape or centroids.shape != (self.k, X.shape[1]):
            raise ValueError("X and centroids do not fit")
        origin = X.mean(axis=0)
        X, centroids = X - origin, centroids - origin
        scores = (centroids**2).sum(axis=1)[:, None] - 2 * centroids @ X.T
        return scores.argmin(axis=0)

    def update_centroids(self, X, labels):
        X, labels = np.array(X, dtype=float), np.array(labels)
        if X.ndim != 2 or 0 in X.shape or labels.shape != (len(X),):
            raise ValueError("X and labels do not fit")
        if np.any(labels != labels.astype(int)) or labels.min() < 0 or labels.max() >= self.k:
            raise ValueError("labels must be whole and below k")
        labels = labels.astype(int)
        counts = np.bincount(labels, minlength=self.k)
        means = (labels == np.arange(self.k)[:, None]).astype(float) @ X / np.maximum(counts, 1)[:, None]
        off = ((X - means[labels]) ** 2).sum(axis=1)
        for j in np.flatnonzero(counts == 0):
            means[j] = X[off.argmax()]
            off[off.argmax()] = -1
        return means

    def fit(self, X):
        X = np.array(X, dtype=float)
        if self.max_iterations < 1 or self.tolerance < 0:
            raise ValueError("limits out of range")
        centroids = self.initialize_centroids(X)
        labels = self.assign_points_to_clusters(X, centroids)
        costs = [float(((X - centroids.take(labels, axis=0)) ** 2).sum())]
        while True:
            before = len(np.unique(labels))
            centroids = self.update_centroids(X, labels)
            labels = self.assign_points_to_clusters(X, centroids)
            costs.append(float(((X - centroids.take(labels, axis=0)) ** 2).sum()))
            fell = costs[-2] - costs[-1]
            done = len(costs) > self.max_iterations or fell <= self.tolerance * costs[-2]
            if done and (len(np.unique(labels)) == self.k or (before < self.k and fell <= 0)):
                break
        self.centroids, self.labels, self.inertia = centroids, labels, costs[-1]
        self.cost_history, self.n_iterations = costs, len(costs) - 1
        return self
