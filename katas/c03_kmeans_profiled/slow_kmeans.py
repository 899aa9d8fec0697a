"""Lloyd's algorithm with plain loops: obvious, correct and slow. For comparison and for profiling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rows = list[list[float]]


def squared_distance(a: list[float], b: list[float]) -> float:
    """Return the squared Euclidean distance of two rows."""
    total = 0.0
    for p, q in zip(a, b, strict=True):
        total += (p - q) * (p - q)
    return total


def nearest(row: list[float], centroids: Rows) -> int:
    """Return the index of the nearest centroid; of equally near ones the lowest."""
    best, least = 0, float("inf")
    for j, centroid in enumerate(centroids):
        distance = squared_distance(row, centroid)
        if distance < least:
            best, least = j, distance
    return best


def update(rows: Rows, labels: list[int], centroids: Rows) -> Rows:
    """Return the means of the clusters; an empty cluster keeps its centroid."""
    new = []
    for j, old in enumerate(centroids):
        members = [row for row, label in zip(rows, labels, strict=True) if label == j]
        new.append([sum(column) / len(members) for column in zip(*members, strict=True)] if members else old)
    return new


def cost_of(rows: Rows, labels: list[int], centroids: Rows) -> float:
    """Return the sum of squared distances of the rows to the centroids of their labels."""
    return sum(squared_distance(row, centroids[label]) for row, label in zip(rows, labels, strict=True))


def slow_kmeans(
    X: npt.ArrayLike, centroids: npt.ArrayLike, max_iterations: int = 100, tolerance: float = 1e-6
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp], list[float]]:
    """Return (centroids, labels, cost_history) for rows `X` (n, d) from the start `centroids` (k, d); no checks of shapes."""
    rows, current = np.asarray(X, dtype=np.float64).tolist(), np.asarray(centroids, dtype=np.float64).tolist()
    labels = [nearest(row, current) for row in rows]
    costs = [cost_of(rows, labels, current)]
    for _ in range(max_iterations):
        current = update(rows, labels, current)
        labels = [nearest(row, current) for row in rows]
        costs.append(cost_of(rows, labels, current))
        if costs[-2] - costs[-1] <= tolerance * costs[-2]:
            break
    return np.array(current), np.array(labels), costs
