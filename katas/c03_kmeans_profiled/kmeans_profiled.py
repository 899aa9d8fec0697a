"""Lloyd's algorithm: the results of `slow_kmeans`, at least 50 times as fast."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def fast_kmeans(
    X: npt.ArrayLike, centroids: npt.ArrayLike, max_iterations: int = 100, tolerance: float = 1e-6
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp], list[float]]:
    """Cluster rows from the given start, as `slow_kmeans.slow_kmeans` does.

    Args:
        X: rows, shape (n, d).
        centroids: the start, shape (k, d).
        max_iterations: the most updates of the centroids, at least 1.
        tolerance: stop after an iteration that lowers the cost by no more than this part of it, at least 0.

    Returns:
        (centroids, labels, cost_history): float64 (k, d); integers (n,), the nearest centroid of each row; a list of
        floats, the cost of the start and after each iteration.

    Raises:
        ValueError: a wrong shape, an axis of length zero, columns that differ, or a parameter out of range.
    """
    raise NotImplementedError
