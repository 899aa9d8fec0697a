"""Lloyd's algorithm by matrix products: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]


def fast_kmeans(
    X: npt.ArrayLike, centroids: npt.ArrayLike, max_iterations: int = 100, tolerance: float = 1e-6
) -> tuple[Float64Array, Labels, list[float]]:
    """Return (centroids, labels, cost_history) for rows `X` (n, d) from the start `centroids` (k, d)."""
    rows, start = _matrix(X, "X"), _matrix(centroids, "centroids")
    if start.shape[1] != rows.shape[1]:
        raise ValueError(f"centroids must have {rows.shape[1]} columns, as X, got shape {start.shape}")
    if max_iterations < 1:
        raise ValueError(f"max_iterations must be at least 1, got {max_iterations}")
    if tolerance < 0:
        raise ValueError(f"tolerance must be at least 0, got {tolerance}")
    # Distances do not change when the origin moves, and near it the expanded square loses no digits.
    origin = rows.mean(axis=0)
    rows, current = rows - origin, start - origin
    labels = _nearest(rows, current)
    costs = [_cost(rows, current, labels)]
    for _ in range(max_iterations):
        current = _means(rows, labels, current)
        labels = _nearest(rows, current)
        costs.append(_cost(rows, current, labels))
        if costs[-2] - costs[-1] <= tolerance * costs[-2]:
            break
    return current + origin, labels, costs


def _nearest(rows: Float64Array, centroids: Float64Array) -> Labels:
    """The nearest centroid of each row: |x - c|² = |x|² - 2 x·c + |c|², and |x|² is the same for all centroids."""
    scores = rows @ (-2 * centroids.T)
    scores += (centroids**2).sum(axis=1)
    return np.asarray(scores.argmin(axis=1))


def _means(rows: Float64Array, labels: Labels, centroids: Float64Array) -> Float64Array:
    """The means of the clusters; an empty one keeps its centroid."""
    k = len(centroids)
    members = (labels == np.arange(k)[:, np.newaxis]).astype(np.float64)
    counts = members.sum(axis=1, keepdims=True)
    return np.where(counts > 0, members @ rows / np.maximum(counts, 1), centroids)


def _cost(rows: Float64Array, centroids: Float64Array, labels: Labels) -> float:
    """The sum of squared distances to the centroids of the labels, from differences, which keep all digits."""
    differences = rows - centroids[labels]
    return float(np.vdot(differences, differences))


def _matrix(values: npt.ArrayLike, name: str) -> Float64Array:
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"{name} must be 2-D with no axis of length zero, got shape {matrix.shape}")
    return matrix
