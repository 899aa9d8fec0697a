"""Counts of classes for each distinct value, by one bincount; then sums over values, and all features judged at the end."""

import numpy as np


def best_split(X, y):
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y)
    if X.ndim != 2 or X.size == 0 or y.shape != X.shape[:1]:
        raise ValueError(f"X must be (n, d) and y (n,), got {X.shape} and {y.shape}")
    n = len(X)
    codes = np.unique(y, return_inverse=True)[1]
    k = codes.max() + 1
    found = []
    for feature in range(X.shape[1]):
        values, which = np.unique(X[:, feature], return_inverse=True)
        table = np.bincount(which * k + codes, minlength=len(values) * k).reshape(-1, k).astype(float)
        left = np.cumsum(table, axis=0)
        right = left[-1] - left
        left, right = left[:-1], right[:-1]
        m = left.sum(axis=1)
        parent = 1 - np.sum((codes.size and table.sum(axis=0) / n) ** 2)
        left_gini = 1 - np.sum((left / m[:, None]) ** 2, axis=1)
        right_gini = 1 - np.sum((right / (n - m)[:, None]) ** 2, axis=1)
        gains = parent - m / n * left_gini - (1 - m / n) * right_gini
        found += [(feature, (a + b) / 2, g) for a, b, g in zip(values[:-1], values[1:], gains, strict=True)]
    largest = max((g for *_, g in found), default=0.0)
    if largest < 1e-9:
        return None, None, 0.0
    return next((f, float(t), float(g)) for f, t, g in found if g > largest - 1e-9)
