"""k-means with k-means++ and empty clusters that come back, at the speed of matrix products: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


class OptimizedKMeans:
    """Lloyd's algorithm (1982) from a start by k-means++ (Arthur and Vassilvitskii, 2007).

    After `fit`: `centroids` (k, d), `labels` (n,), `inertia`, `n_iterations`, and `cost_history`, the inertia of the start
    and after each iteration.
    """

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
        points = _matrix(X, "X")
        n = len(points)
        if not 1 <= self.k <= n:
            raise ValueError(f"k must be between 1 and the number of rows, {n}, got {self.k}")
        rng = np.random.default_rng(self.random_state)
        chosen = [int(rng.integers(n))]
        nearest = np.full(n, np.inf)  # squared distance to the nearest centroid so far
        while len(chosen) < self.k:
            nearest = np.minimum(nearest, _squared_lengths(points - points[chosen[-1]]))
            total = nearest.sum()
            chosen.append(int(rng.choice(n, p=nearest / total) if total > 0 else rng.integers(n)))
        return points[chosen]

    def assign_points_to_clusters(self, X: npt.ArrayLike, centroids: npt.ArrayLike) -> Labels:
        """Return the nearest of `centroids` (k, d) for each row of `X` (n, d), shape (n,)."""
        points, centres = _matrix(X, "X"), _matrix(centroids, "centroids")
        if centres.shape != (self.k, points.shape[1]):
            raise ValueError(f"centroids must have shape {(self.k, points.shape[1])}, got {centres.shape}")
        origin = points.mean(axis=0)
        return _Lloyd(points - origin, self.k).nearest(centres - origin)

    def update_centroids(self, X: npt.ArrayLike, labels: npt.ArrayLike) -> Float64Array:
        """Return the mean of each cluster, shape (k, d); an empty one takes the row farthest from its own mean."""
        points = _matrix(X, "X")
        index = np.asarray(labels)
        if index.shape != (len(points),):
            raise ValueError(f"labels must have shape {(len(points),)}, got {index.shape}")
        if index.min() < 0 or index.max() >= self.k:
            raise ValueError(f"labels must be from 0 to {self.k - 1}, got {index}")
        return _Lloyd(points, self.k).means(index)

    def fit(self, X: npt.ArrayLike) -> OptimizedKMeans:
        """Cluster the rows of `X` (n, d) and return self."""
        points = _matrix(X, "X")
        if self.max_iterations < 1:
            raise ValueError(f"max_iterations must be at least 1, got {self.max_iterations}")
        if self.tolerance < 0:
            raise ValueError(f"tolerance must be at least 0, got {self.tolerance}")
        centroids = self.initialize_centroids(points)
        # Distances do not change when the origin moves, and near it the expanded square loses no digits.
        origin = points.mean(axis=0)
        points, centroids = points - origin, centroids - origin
        lloyd = _Lloyd(points, self.k)
        labels = lloyd.nearest(centroids)
        costs = [lloyd.cost(centroids, labels)]
        is_full = bool(np.count_nonzero(np.bincount(labels)) == self.k)
        while True:
            was_full = is_full
            centroids = lloyd.means(labels)
            labels = lloyd.nearest(centroids)
            costs.append(lloyd.cost(centroids, labels))
            fell = costs[-2] - costs[-1]
            is_done = len(costs) > self.max_iterations or fell <= self.tolerance * costs[-2]
            is_full = bool(np.count_nonzero(np.bincount(labels)) == self.k)
            # An empty cluster has just been given a point; if even that has not helped, there are too few distinct ones.
            if is_done and (is_full or (not was_full and fell <= 0)):
                break
        self.centroids = centroids + origin
        self.labels = labels
        self.inertia = costs[-1]
        self.n_iterations = len(costs) - 1
        self.cost_history = costs
        return self


def _matrix(values: npt.ArrayLike, name: str) -> Float64Array:
    """`values` as a float64 matrix with no empty axis."""
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"{name} must be 2-D with no axis of length zero, got shape {matrix.shape}")
    return matrix


def _squared_lengths(rows: Float64Array) -> Float64Array:
    return np.asarray(np.einsum("ij,ij->i", rows, rows))


class _Lloyd:
    """The steps of an iteration on points (n, d), in two arrays that are used again each time.

    At this size, fetching fresh memory from the system costs more than the arithmetic.
    """

    def __init__(self, points: Float64Array, k: int) -> None:
        self._points = points
        self._clusters = np.arange(k)[:, None]
        self._scores = np.empty((k, len(points)))
        self._rows = np.empty_like(points)

    def nearest(self, centroids: Float64Array) -> Labels:
        """The nearest centroid of each point, by the expanded square without the term that all centroids share.

        Scores are (k, n): a minimum over few long rows is faster than one over many short ones.
        """
        np.matmul(-2 * centroids, self._points.T, out=self._scores)
        self._scores += _squared_lengths(centroids)[:, None]
        return np.asarray(self._scores.argmin(axis=0))

    def cost(self, centroids: Float64Array, labels: Labels) -> float:
        """The sum of squared distances to the centroids of the labels, from differences, so that 0 is exactly 0."""
        np.take(centroids, labels, axis=0, out=self._rows, mode="clip")
        np.subtract(self._points, self._rows, out=self._rows)
        return float(np.vdot(self._rows, self._rows))

    def means(self, labels: Labels) -> Float64Array:
        """The means of the clusters, (k, d), with empty ones moved to the points that lie farthest off."""
        counts = np.bincount(labels, minlength=len(self._clusters))
        np.equal(labels, self._clusters, out=self._scores)  # who belongs where, so that the sums are one matrix product
        means = self._scores @ self._points / np.maximum(counts, 1)[:, None]
        empty = np.flatnonzero(counts == 0)
        if len(empty):
            distances = _squared_lengths(self._points - means[labels])
            means[empty] = self._points[np.argsort(-distances, kind="stable")[: len(empty)]]
        return np.asarray(means)
