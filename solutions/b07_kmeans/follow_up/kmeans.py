"""k-means, from a start by k-means++, also on a stream of batches: the reference of the follow-up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


class KMeans:
    """Lloyd's algorithm (1982) from a start by k-means++ (Arthur and Vassilvitskii, 2007).

    After `fit`: `centroids` (k, d), `labels` (n,), and `cost_history`, the cost of the start and after each iteration.
    After `fit` or `partial_fit`: `counts` (k,), how many rows each centroid is the mean of.
    """

    centroids: Float64Array | None = None
    counts: Labels

    def __init__(
        self,
        k: int = 3,
        max_iterations: int = 300,
        tolerance: float = 1e-4,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        self.k = k
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.random_state = random_state

    def initialize_centroids(self, X: npt.ArrayLike) -> Float64Array:
        """Draw k rows of `X` (n, d), each with a probability proportional to its squared distance to those before it."""
        rows = _matrix(X)
        n = len(rows)
        if not 1 <= self.k <= n:
            raise ValueError(f"k must be in 1..{n}, the number of rows, got {self.k}")
        rng = np.random.default_rng(self.random_state)
        chosen = [int(rng.integers(n))]
        nearest = np.full(n, np.inf)  # squared distance to the nearest centroid so far
        while len(chosen) < self.k:
            nearest = np.minimum(nearest, _squares(rows, rows[chosen[-1]]))
            total = nearest.sum()
            chosen.append(int(rng.choice(n, p=nearest / total) if total > 0 else rng.integers(n)))
        return rows[chosen]

    def assign_points_to_clusters(self, X: npt.ArrayLike, centroids: npt.ArrayLike) -> Labels:
        """Return the index of the nearest of `centroids` (k, d) for each row of `X` (n, d), shape (n,)."""
        rows = _matrix(X)
        distances = [_squares(rows, centroid) for centroid in self._centroids(centroids, rows)]
        return np.asarray(np.argmin(distances, axis=0))

    def update_centroids(self, X: npt.ArrayLike, labels: npt.ArrayLike) -> Float64Array:
        """Return the mean of each cluster, shape (k, d); an empty one takes the row farthest from its own mean."""
        rows = _matrix(X)
        own = self._labels(labels, rows)
        means = np.zeros((self.k, rows.shape[1]))
        empty = []
        for cluster in range(self.k):
            members = rows[own == cluster]
            if len(members):
                means[cluster] = members.mean(axis=0)
            else:
                empty.append(cluster)
        if empty:
            farthest_first = np.argsort(-_squares(rows, means[own]))
            means[empty] = rows[farthest_first[: len(empty)]]
        return means

    def compute_cost(self, X: npt.ArrayLike, centroids: npt.ArrayLike, labels: npt.ArrayLike) -> float:
        """Return the sum of squared distances of the rows of `X` to the centroids of their `labels`."""
        rows = _matrix(X)
        own = self._centroids(centroids, rows)[self._labels(labels, rows)]
        return float(_squares(rows, own).sum())

    def fit(self, X: npt.ArrayLike) -> KMeans:
        """Cluster the rows of `X` (n, d) and return self."""
        if self.max_iterations < 1:
            raise ValueError(f"max_iterations must be at least 1, got {self.max_iterations}")
        if self.tolerance < 0:
            raise ValueError(f"tolerance must be at least 0, got {self.tolerance}")
        centroids = self.initialize_centroids(X)
        labels = self.assign_points_to_clusters(X, centroids)
        costs = [self.compute_cost(X, centroids, labels)]
        for _ in range(self.max_iterations):
            centroids = self.update_centroids(X, labels)
            labels = self.assign_points_to_clusters(X, centroids)
            costs.append(self.compute_cost(X, centroids, labels))
            if costs[-2] - costs[-1] <= self.tolerance * costs[-2]:
                break
        self.centroids, self.labels, self.cost_history = centroids, labels, costs
        self.counts = np.bincount(labels, minlength=self.k)
        return self

    def partial_fit(self, X: npt.ArrayLike) -> KMeans:
        """Move each centroid to the mean of all rows that it was ever given, with a batch (n, d) more; return self."""
        rows = _matrix(X)
        centroids, counts = self.centroids, np.zeros(self.k, dtype=np.intp)
        if centroids is None:
            centroids = self.initialize_centroids(rows)
        else:
            counts = self.counts
        labels = self.assign_points_to_clusters(rows, centroids)  # of the whole batch, before anything moves
        sizes = np.bincount(labels, minlength=self.k)
        sums = np.zeros_like(centroids)
        np.add.at(sums, labels, rows)
        counts = counts + sizes
        shift = (sums - sizes[:, np.newaxis] * centroids) / np.maximum(counts, 1)[:, np.newaxis]
        self.centroids, self.counts = centroids + shift, counts
        return self

    def predict(self, X: npt.ArrayLike) -> Labels:
        """Return the nearest centroid of `fit` for each row of `X` (q, d), shape (q,); `RuntimeError` before `fit`."""
        return self.assign_points_to_clusters(X, self.get_cluster_centers())

    def get_cluster_centers(self) -> Float64Array:
        """Return the centroids of `fit`, shape (k, d); `RuntimeError` before `fit`."""
        if self.centroids is None:
            raise RuntimeError("the model is not fitted: call fit(X) first")
        return self.centroids

    def _centroids(self, centroids: npt.ArrayLike, rows: Float64Array) -> Float64Array:
        """`centroids` as float64, one for each cluster, with the columns of the rows."""
        matrix, shape = np.asarray(centroids, dtype=np.float64), (self.k, rows.shape[1])
        if matrix.shape != shape:
            raise ValueError(f"centroids must have shape {shape}, got shape {matrix.shape}")
        return matrix

    def _labels(self, labels: npt.ArrayLike, rows: Float64Array) -> Labels:
        """`labels` as an array, one for each row."""
        array = np.asarray(labels)
        if array.shape != (len(rows),):
            raise ValueError(f"labels must have shape ({len(rows)},), got shape {array.shape}")
        if array.min() < 0 or array.max() >= self.k:
            raise ValueError(f"labels must be in 0..{self.k - 1}, got {array.min()}..{array.max()}")
        return array


def _matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 matrix."""
    matrix = np.asarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {matrix.shape}")
    return matrix


def _squares(rows: Float64Array, centroids: Float64Array) -> Float64Array:
    """Squared distances of the rows (n, d) to one centroid (d,), or to one each (n, d), shape (n,)."""
    return np.asarray(((rows - centroids) ** 2).sum(axis=1))
