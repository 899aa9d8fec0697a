"""Takes the rows in blocks that fit into the cache, and adds up the sums of the clusters over the blocks."""

import math

import numpy as np

BLOCK = 1024


class OptimizedKMeans:
    def __init__(self, k=3, max_iterations=300, tolerance=1e-4, random_state=None):
        self.k = k
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.random_state = random_state

    def initialize_centroids(self, X):
        rows = matrix(X)
        n = rows.shape[0]
        if not (1 <= self.k <= n):
            raise ValueError(f"cannot have {self.k} centroids of {n} rows")
        rng = np.random.default_rng(self.random_state)
        centroids = np.empty((self.k, rows.shape[1]))
        centroids[0] = rows[rng.integers(0, n)]
        squared = np.full(n, math.inf)
        for j in range(1, self.k):
            gap = rows - centroids[j - 1]
            squared = np.fmin(squared, np.einsum("nd,nd->n", gap, gap))
            total = float(squared.sum())
            weights = squared / total if total > 0 else None
            centroids[j] = rows[rng.choice(n, p=weights)]
        return centroids

    def assign_points_to_clusters(self, X, centroids):
        rows, centroids = matrix(X), matrix(centroids)
        if centroids.shape[0] != self.k or centroids.shape[1] != rows.shape[1]:
            raise ValueError(f"centroids of shape {centroids.shape} do not fit k = {self.k} and X {rows.shape}")
        labels = np.empty(len(rows), dtype=np.int64)
        here = centroids[0]
        moved = centroids - here
        half = np.einsum("kd,kd->k", moved, moved)[:, None] / 2
        for begin in range(0, len(rows), BLOCK):
            block = rows[begin : begin + BLOCK] - here
            labels[begin : begin + BLOCK] = (half - moved @ block.T).argmin(axis=0)
        return labels

    def update_centroids(self, X, labels):
        rows, labels = matrix(X), np.asarray(labels)
        if labels.shape != rows.shape[:1]:
            raise ValueError(f"labels of shape {labels.shape} do not fit X {rows.shape}")
        if not all(label in range(self.k) for label in np.unique(labels).tolist()):
            raise ValueError(f"a label is not one of 0 to {self.k - 1}")
        labels = labels.astype(np.int64)
        sums = np.zeros((self.k, rows.shape[1]))
        names = np.arange(self.k)[:, None]
        for begin in range(0, len(rows), BLOCK):
            sums += (labels[begin : begin + BLOCK] == names).astype(float) @ rows[begin : begin + BLOCK]
        counts = np.bincount(labels, minlength=self.k)
        used = counts > 0
        sums[used] /= counts[used, None]
        if not used.all():
            gap = rows - sums[labels]
            far = np.argsort(np.einsum("nd,nd->n", gap, gap))[::-1]
            sums[~used] = rows[far[: (~used).sum()]]
        return sums

    def fit(self, X):
        rows = matrix(X).copy()
        if self.max_iterations < 1:
            raise ValueError("max_iterations is below 1")
        if self.tolerance < 0:
            raise ValueError("tolerance is below 0")
        centroids = self.initialize_centroids(rows)
        labels = self.assign_points_to_clusters(rows, centroids)
        history = [cost(rows, centroids, labels)]
        is_full = (
            len(set(labels.tolist())) == self.k
            if len(rows) < 10 * self.k
            else bool(np.bincount(labels, minlength=self.k).all())
        )
        while True:
            was_full = is_full
            centroids = self.update_centroids(rows, labels)
            labels = self.assign_points_to_clusters(rows, centroids)
            history.append(cost(rows, centroids, labels))
            is_full = bool(np.bincount(labels, minlength=self.k).all())
            if not is_full and (was_full or history[-1] < history[-2]):
                continue
            if len(history) > self.max_iterations or history[-2] - history[-1] <= self.tolerance * history[-2]:
                break
        self.centroids = centroids
        self.labels = labels
        self.cost_history = history
        self.inertia = history[-1]
        self.n_iterations = len(history) - 1
        return self


def matrix(values):
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"expected a matrix with rows and columns, got shape {array.shape}")
    return array


def cost(rows, centroids, labels):
    total = 0.0
    for begin in range(0, len(rows), BLOCK):
        gap = (rows[begin : begin + BLOCK] - centroids.take(labels[begin : begin + BLOCK], axis=0)).ravel()
        total += float(gap @ gap)
    return total
