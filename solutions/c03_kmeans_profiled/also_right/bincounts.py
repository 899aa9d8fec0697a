"""Distances by an expanded square around the first row, sums of clusters by one bincount for each feature."""

import numpy as np


def fast_kmeans(X, centroids, max_iterations=100, tolerance=1e-6):
    X, centroids = np.array(X, dtype=float), np.array(centroids, dtype=float)
    for a in (X, centroids):
        if a.ndim != 2 or 0 in a.shape:
            raise ValueError(f"two axes that are not empty are needed, got {a.shape}")
    if X.shape[1] != centroids.shape[1] or max_iterations < 1 or tolerance < 0:
        raise ValueError("equal columns, max_iterations >= 1 and tolerance >= 0 are needed")
    shift = X[0].copy()
    X -= shift
    centroids -= shift
    k = len(centroids)

    def assign():
        table = centroids @ X.T
        table *= -2
        table += np.einsum("ij,ij->i", centroids, centroids)[:, None]
        return table.argmin(axis=0)

    def measure():
        own = X - centroids[labels]
        return float(np.einsum("ij,ij->", own, own))

    labels = assign()
    history = [measure()]
    while len(history) <= max_iterations:
        counts = np.bincount(labels, minlength=k)
        full = counts > 0
        sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in X.T], axis=1)
        centroids[full] = sums[full] / counts[full, None]
        labels = assign()
        history.append(measure())
        if history[-2] - history[-1] <= tolerance * history[-2]:
            break
    return centroids + shift, labels, history
