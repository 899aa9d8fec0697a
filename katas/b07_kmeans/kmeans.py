"""k-means, from a start by k-means++."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class KMeans:
    """Lloyd's algorithm; after `fit`: centroids (k, d), labels (n,), cost_history (list of floats)."""

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

        Raises ValueError: a wrong shape, k outside 1 ... n.
        """
        raise NotImplementedError

    def assign_points_to_clusters(self, X: npt.ArrayLike, centroids: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the index of the nearest of `centroids` (k, d) for each row of `X` (n, d), shape (n,)."""
        raise NotImplementedError

    def update_centroids(self, X: npt.ArrayLike, labels: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the mean of each cluster, shape (k, d); an empty one takes the row farthest from its own mean.

        Raises ValueError: a wrong shape, labels that are not 0 ... k - 1.
        """
        raise NotImplementedError

    def compute_cost(self, X: npt.ArrayLike, centroids: npt.ArrayLike, labels: npt.ArrayLike) -> float:
        """Return the sum of squared distances of the rows of `X` to the centroids of their `labels`."""
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike) -> KMeans:
        """Cluster the rows of `X` (n, d) and return self.

        Raises ValueError: as initialize_centroids; max_iterations below 1, tolerance below 0.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the nearest centroid of `fit` for each row of `X` (q, d), shape (q,). RuntimeError before `fit`."""
        raise NotImplementedError

    def get_cluster_centers(self) -> npt.NDArray[np.float64]:
        """Return the centroids of `fit`, shape (k, d). RuntimeError before `fit`."""
        raise NotImplementedError
