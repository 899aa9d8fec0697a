"""Rows sorted by label, so that a cluster is a slice: one mean for each. Distances get a column of ones and one product."""

import numpy as np


def check(values):
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or min(values.shape) == 0:
        raise ValueError(f"expected a table with rows and columns, got shape {values.shape}")
    return values


def assign(extended, centroids):
    weights = np.vstack((-2 * centroids.T, (centroids**2).sum(axis=1)))
    return np.argmin(extended @ weights, axis=1)


def fast_kmeans(X, centroids, max_iterations=100, tolerance=1e-6):
    X, centroids = check(X), check(centroids)
    if X.shape[1] != centroids.shape[1]:
        raise ValueError(f"X has {X.shape[1]} columns and centroids {centroids.shape[1]}")
    if max_iterations <= 0 or tolerance < 0:
        raise ValueError("max_iterations must be positive, tolerance not negative")
    middle = X.mean(axis=0)
    X, centroids = X - middle, centroids - middle
    extended = np.column_stack((X, np.ones(len(X))))
    labels = assign(extended, centroids)
    costs = [float(((X - centroids[labels]) ** 2).sum())]
    for _ in range(max_iterations):
        order = np.argsort(labels, kind="stable")
        ends = np.cumsum(np.bincount(labels, minlength=len(centroids)))
        ordered = X[order]
        starts = np.concatenate(([0], ends[:-1]))
        centroids = np.array(
            [ordered[a:b].mean(axis=0) if b > a else c for a, b, c in zip(starts, ends, centroids, strict=True)]
        )
        labels = assign(extended, centroids)
        costs.append(float(((X - centroids[labels]) ** 2).sum()))
        if costs[-2] - costs[-1] <= tolerance * costs[-2]:
            break
    return centroids + middle, labels, costs
