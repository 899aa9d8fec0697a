"""Loops over rows and clusters, as most public code has it."""

import math

import numpy as np


def silhouette_samples(X, labels):
    X, labels = _check(X, labels)
    clusters = sorted(set(labels))
    if len(clusters) < 2:
        raise ValueError("the silhouette needs at least two clusters")
    scores = []
    for i in range(len(X)):
        a = 0.0
        b = math.inf
        alone = True
        for cluster in clusters:
            distances = [_distance(X[i], X[j]) for j in range(len(X)) if labels[j] == cluster and j != i]
            if cluster == labels[i]:
                if distances:
                    alone = False
                    a = sum(distances) / len(distances)
            else:
                b = min(b, sum(distances) / len(distances))
        if alone or max(a, b) == 0:
            scores.append(0.0)
        else:
            scores.append((b - a) / max(a, b))
    return np.array(scores)


def silhouette_score(X, labels):
    scores = silhouette_samples(X, labels)
    return float(sum(scores) / len(scores))


def inertia(X, labels):
    X, labels = _check(X, labels)
    total = 0.0
    for cluster in set(labels):
        members = [X[i] for i in range(len(X)) if labels[i] == cluster]
        center = sum(members) / len(members)
        for x in members:
            total += _distance(x, center) ** 2
    return float(total)


def gap_statistic(X, cluster, k_values, n_references=10, random_state=None):
    X = _rows(X)
    if not list(k_values):
        raise ValueError("no k was given")
    for k in k_values:
        if k < 1 or k > len(X):
            raise ValueError(f"k={k} with {len(X)} rows")
    if n_references <= 0:
        raise ValueError(f"n_references should be positive, got {n_references}")
    rng = random_state if isinstance(random_state, np.random.Generator) else np.random.default_rng(random_state)
    low, high = X.min(axis=0), X.max(axis=0)
    gaps, s = [], []
    for k in k_values:
        reference_logs = []
        for _ in range(n_references):  # new references for each k
            reference = low + (high - low) * rng.random(X.shape)
            reference_logs.append(math.log(inertia(reference, cluster(reference, k))))
        mean = sum(reference_logs) / n_references
        gaps.append(mean - math.log(inertia(X, cluster(X, k))))
        variance = sum((value - mean) ** 2 for value in reference_logs) / n_references
        s.append(math.sqrt(variance) * math.sqrt(1 + 1 / n_references))
    return np.array(gaps), np.array(s)


def choose_k(k_values, gaps, s):
    k_values, gaps, s = list(k_values), list(gaps), list(s)
    if not k_values or not len(k_values) == len(gaps) == len(s):
        raise ValueError("k_values, gaps and s should have the same length, at least 1")
    for i in range(len(k_values) - 1):
        if k_values[i] >= k_values[i + 1]:
            raise ValueError(f"k_values should rise, got {k_values}")
    for i in range(len(k_values) - 1):
        if gaps[i] >= gaps[i + 1] - s[i + 1]:
            return k_values[i]
    return k_values[-1]


def _distance(x, y):
    return math.sqrt(sum((x - y) ** 2))


def _rows(X):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
        raise ValueError(f"X should be a table of numbers, got shape {X.shape}")
    return X


def _check(X, labels):
    X = _rows(X)
    labels = np.array(labels)
    if labels.ndim != 1 or len(labels) != len(X):
        raise ValueError(f"expected {len(X)} labels, got shape {labels.shape}")
    return X, labels.tolist()
