"""k-means with k-means++ and empty clusters that come back, at the speed of matrix products."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class OptimizedKMeans:
    """Lloyd's algorithm; after `fit`: centroids (k, d), labels (n,), inertia, n_iterations, cost_history."""

    def __init__(
        self,
        k: int = 3,
        max_iterations: int = 300,
        tolerance: float = 1e-4,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def initialize_centroids(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Draw k starting centroids, shape (k, d), from the rows of `X` (n, d) by k-means++.

        Raises ValueError: `X` is not 2-D or empty, k outside 1 ... n.
        """
        raise NotImplementedError

    def assign_points_to_clusters(self, X: npt.ArrayLike, centroids: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the index of the nearest of the `centroids` (k, d) for each row of `X` (n, d), shape (n,).

        Raises ValueError: shapes that do not fit, an axis of length zero.
        """
        raise NotImplementedError

    def update_centroids(self, X: npt.ArrayLike, labels: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the means of the k clusters, shape (k, d); an empty one takes the point that lies farthest off.

        Raises ValueError: shapes that do not fit, labels that are not whole numbers 0 ... k-1.
        """
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike) -> OptimizedKMeans:
        """Cluster the rows of `X` (n, d) and return self.

        Raises ValueError: as `initialize_centroids`, and for max_iterations < 1 or tolerance < 0.
        """
        raise NotImplementedError
