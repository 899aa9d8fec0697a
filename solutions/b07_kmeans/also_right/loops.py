"""Loops over points and centroids, as most public code has it; the draw by a cumulative sum."""

import numpy as np


class KMeans:
    def __init__(self, k=3, max_iterations=300, tolerance=1e-4, random_state=None):
        if max_iterations < 1 or tolerance < 0:
            raise ValueError(f"max_iterations={max_iterations} and tolerance={tolerance} make no sense")
        self.k = k
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.random_state = random_state
        self.centroids = None
        self.labels = None
        self.cost_history = []

    def initialize_centroids(self, X):
        X = self._points(X)
        if self.k < 1 or self.k > len(X):
            raise ValueError(f"k should be 1 to {len(X)}, got {self.k}")
        rng = self.random_state
        if not isinstance(rng, np.random.Generator):
            rng = np.random.default_rng(rng)
        centroids = [X[rng.integers(0, len(X))]]
        for _ in range(1, self.k):
            distances = np.array([min(self._square(x, c) for c in centroids) for x in X])
            if distances.sum() == 0:
                index = 0
            else:
                cumulative = np.cumsum(distances)
                index = np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right")
            centroids.append(X[index])
        return np.array(centroids)

    def assign_points_to_clusters(self, X, centroids):
        X, centroids = self._points(X), self._centroids(X, centroids)
        labels = []
        for x in X:
            best = 0
            for j in range(1, self.k):
                if self._square(x, centroids[j]) < self._square(x, centroids[best]):
                    best = j
            labels.append(best)
        return np.array(labels)

    def update_centroids(self, X, labels):
        X, labels = self._points(X), self._check_labels(X, labels)
        centroids = np.zeros((self.k, X.shape[1]))
        for j in range(self.k):
            members = [X[i] for i in range(len(X)) if labels[i] == j]
            if members:
                centroids[j] = sum(members) / len(members)
        taken = set()
        means = centroids.copy()
        for j in range(self.k):
            if j in labels:
                continue
            free = [i for i in range(len(X)) if i not in taken]
            farthest = max(free, key=lambda i: self._square(X[i], means[labels[i]]))
            taken.add(farthest)
            centroids[j] = X[farthest]
        return centroids

    def compute_cost(self, X, centroids, labels):
        points, centroids = self._points(X), self._centroids(X, centroids)
        labels = self._check_labels(points, labels)
        cost = 0.0
        for i in range(len(points)):
            cost += self._square(points[i], centroids[labels[i]])
        return float(cost)

    def fit(self, X):
        X = self._points(X)
        self.centroids = self.initialize_centroids(X)
        self.labels = self.assign_points_to_clusters(X, self.centroids)
        self.cost_history = [self.compute_cost(X, self.centroids, self.labels)]
        for _ in range(self.max_iterations):
            self.centroids = self.update_centroids(X, self.labels)
            self.labels = self.assign_points_to_clusters(X, self.centroids)
            before = self.cost_history[-1]
            self.cost_history.append(self.compute_cost(X, self.centroids, self.labels))
            if before - self.cost_history[-1] <= self.tolerance * before:
                break
        return self

    def predict(self, X):
        if self.centroids is None:
            raise RuntimeError("fit the model first")
        return self.assign_points_to_clusters(X, self.centroids)

    def get_cluster_centers(self):
        if self.centroids is None:
            raise RuntimeError("fit the model first")
        return self.centroids

    def _square(self, x, c):
        return np.sum((x - c) ** 2)

    def _points(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
            raise ValueError(f"X should be a table of numbers, got shape {X.shape}")
        return X

    def _centroids(self, X, centroids):
        centroids = np.array(centroids, dtype=float)
        if centroids.shape != (self.k, np.shape(X)[1]):
            raise ValueError(f"expected {self.k} centroids of {np.shape(X)[1]} numbers, got {centroids.shape}")
        return centroids

    def _check_labels(self, X, labels):
        labels = np.array(labels)
        if labels.ndim != 1 or len(labels) != len(X):
            raise ValueError("expected one label per row")
        if any(label not in range(self.k) for label in labels.tolist()):
            raise ValueError(f"labels should be 0 to {self.k - 1}")
        return labels.tolist()
