"""Scores of shape (n, k), sums by a matrix of zeros and ones, draws from a cumulative sum."""

import numpy as np


class OptimizedKMeans:
    def __init__(self, k=3, max_iterations=300, tolerance=1e-4, random_state=None):
        self.k, self.max_iterations, self.tolerance, self.random_state = k, max_iterations, tolerance, random_state

    def _points(self, X):
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X must be a matrix with rows and columns, got shape {X.shape}")
        return X

    def initialize_centroids(self, X):
        X = self._points(X)
        if self.k < 1 or self.k > len(X):
            raise ValueError(f"k is {self.k}, but there are {len(X)} rows")
        rng = self.random_state
        if not isinstance(rng, np.random.Generator):
            rng = np.random.Generator(np.random.PCG64(rng))
        chosen = [int(rng.random() * len(X))]
        gaps = ((X - X[chosen[0]]) ** 2).sum(axis=1)
        for _ in range(1, self.k):
            heap = np.cumsum(gaps)
            place = np.searchsorted(heap, rng.random() * heap[-1], side="right") if heap[-1] > 0 else 0
            place = min(int(place), len(X) - 1)
            while heap[-1] > 0 and gaps[place] == 0:
                place -= 1
            chosen.append(place)
            gaps = np.minimum(gaps, ((X - X[place]) ** 2).sum(axis=1))
        return X[chosen]

    def assign_points_to_clusters(self, X, centroids):
        X, centroids = self._points(X), np.array(centroids, dtype=float)
        if centroids.ndim != 2 or centroids.shape != (self.k, X.shape[1]):
            raise ValueError(f"centroids have shape {centroids.shape}, expected {(self.k, X.shape[1])}")
        middle = centroids.mean(axis=0)
        return self._labels(X - middle, centroids - middle)

    def _labels(self, X, centroids):
        closeness = X @ centroids.T
        closeness -= (centroids * centroids).sum(axis=1) / 2
        return closeness.argmax(axis=1)

    def update_centroids(self, X, labels):
        X, labels = self._points(X), np.array(labels)
        if labels.ndim != 1 or len(labels) != len(X):
            raise ValueError("one label per row is expected")
        if not np.isin(labels, np.arange(self.k)).all():
            raise ValueError(f"labels must be whole and below {self.k}")
        return self._means(X, labels.astype(int))

    def _means(self, X, labels):
        members = np.zeros((self.k, len(X)))
        members[labels, np.arange(len(X))] = 1.0
        counts = members.sum(axis=1)
        centroids = (members @ X) / np.where(counts == 0, 1, counts)[:, None]
        if (counts == 0).any():
            off = ((X - centroids[labels]) ** 2).sum(axis=1)
            for j in np.flatnonzero(counts == 0):
                place = int(np.argmax(off))
                centroids[j] = X[place]
                off[place] = -1
        return centroids

    def fit(self, X):
        X = self._points(X)
        if self.max_iterations < 1 or self.tolerance < 0:
            raise ValueError("max_iterations must be positive and tolerance not negative")
        centroids = self.initialize_centroids(X)
        middle = X.mean(axis=0)
        X = X - middle
        centroids = centroids - middle
        difference = np.empty_like(X)

        def cost():
            np.subtract(X, centroids.take(labels, axis=0), out=difference)
            return float(np.dot(difference.ravel(), difference.ravel()))

        labels = self._labels(X, centroids)
        self.cost_history = [cost()]
        self.n_iterations = 0
        used = len(np.unique(labels))
        while True:
            used_before = used
            centroids = self._means(X, labels)
            labels = self._labels(X, centroids)
            self.cost_history.append(cost())
            self.n_iterations += 1
            used = len(np.unique(labels))
            fell = self.cost_history[-2] - self.cost_history[-1]
            if used < self.k and (used_before == self.k or fell > 0):
                continue
            if self.n_iterations >= self.max_iterations or fell <= self.tolerance * self.cost_history[-2]:
                break
        self.centroids, self.labels, self.inertia = centroids + middle, labels, self.cost_history[-1]
        return self
