"""(n, k, d) blocks of differences, sums by np.add.at; k-means++ by exponential races, which draws in another order."""

import numpy as np


class KMeans:
    _found = None

    def __init__(self, k=3, max_iterations=300, tolerance=1e-4, random_state=None):
        self.k, self.max_iterations, self.tolerance, self.random_state = k, max_iterations, tolerance, random_state

    def initialize_centroids(self, X):
        X = _table(X)
        if self.k not in range(1, len(X) + 1):
            raise ValueError(f"expected k in 1..{len(X)}, got {self.k}")
        rng = np.random.default_rng(self.random_state)
        times = rng.exponential(size=(self.k, len(X)))  # the first to arrive, at rates given by the weights
        chosen = [int(times[0].argmin())]
        for row in times[1:]:
            weights = ((X[:, None] - X[chosen]) ** 2).sum(axis=2).min(axis=1)
            with np.errstate(divide="ignore"):
                chosen.append(int((row / weights).argmin()))
        return X[chosen]

    def assign_points_to_clusters(self, X, centroids):
        return self._distances(X, centroids).argmin(axis=1)

    def update_centroids(self, X, labels):
        X, labels = _table(X), self._labels(labels, len(X))
        sums, counts = np.zeros((self.k, X.shape[1])), np.bincount(labels, minlength=self.k)
        np.add.at(sums, labels, X)
        means = sums / np.maximum(counts, 1)[:, None]
        away = np.linalg.norm(X - means[labels], axis=1)
        for j in np.flatnonzero(counts == 0):
            far = away.argmax()
            means[j], away[far] = X[far], -1.0
        return means

    def compute_cost(self, X, centroids, labels):
        distances = self._distances(X, centroids)
        return float(np.take_along_axis(distances, self._labels(labels, len(distances))[:, None], axis=1).sum())

    def fit(self, X):
        X = _table(X)
        if self.max_iterations < 1:
            raise ValueError(f"expected max_iterations of at least 1, got {self.max_iterations}")
        if self.tolerance < 0:
            raise ValueError(f"expected a tolerance of at least 0, got {self.tolerance}")
        centroids, costs = self.initialize_centroids(X), []
        while True:
            labels = self.assign_points_to_clusters(X, centroids)
            costs.append(self.compute_cost(X, centroids, labels))
            small = len(costs) > 1 and costs[-2] - costs[-1] <= self.tolerance * costs[-2]
            if small or len(costs) == self.max_iterations + 1:
                break
            centroids = self.update_centroids(X, labels)
        self._found = centroids, labels, costs
        return self

    def predict(self, X):
        return self.assign_points_to_clusters(X, self.get_cluster_centers())

    def get_cluster_centers(self):
        if self._found is None:
            raise RuntimeError("call fit before asking for clusters")
        return self._found[0]

    @property
    def centroids(self):
        return self._found[0]

    @property
    def labels(self):
        return self._found[1]

    @property
    def cost_history(self):
        return self._found[2]

    def _distances(self, X, centroids):
        X, centroids = _table(X), _table(centroids)
        if centroids.shape != (self.k, X.shape[1]):
            raise ValueError(f"expected centroids of shape {(self.k, X.shape[1])}, got {centroids.shape}")
        return ((X[:, None] - centroids) ** 2).sum(axis=2)

    def _labels(self, labels, n):
        labels = np.asarray(labels)
        if labels.shape != (n,) or not np.isin(labels, range(self.k)).all():
            raise ValueError(f"expected {n} labels in 0..{self.k - 1}")
        return labels


def _table(values):
    values = np.array(values, dtype=np.float64)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"expected a table, got shape {values.shape}")
    return values
