"""Expanded squares about the mean, sums of clusters by a one-hot matrix; the inertia from pairs of rows."""

import numpy as np


def silhouette_samples(X, labels):
    X, member = _prepare(X, labels)
    k = member.shape[1]
    if k == 1:
        raise ValueError("expected more than one cluster")
    sums = np.sqrt(_squares(X)) @ member
    counts = member.sum(axis=0)
    own = member.astype(bool)
    a = sums[own] / np.maximum(counts - 1, 1)[member.argmax(axis=1)]
    b = np.where(own, np.inf, sums / counts).min(axis=1)
    with np.errstate(invalid="ignore"):
        s = (b - a) / np.maximum(a, b)
    s[counts[member.argmax(axis=1)] == 1] = 0.0
    return np.nan_to_num(s)


def silhouette_score(X, labels):
    return float(np.mean(silhouette_samples(X, labels)))


def inertia(X, labels):
    X, member = _prepare(X, labels)
    within = ((member.T @ _squares(X)) * member.T).sum(axis=1)
    return float((within / (2 * member.sum(axis=0))).sum())


def gap_statistic(X, cluster, k_values, n_references=10, random_state=None):
    X = np.array(X, dtype=np.float64)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"expected a table, got shape {X.shape}")
    ks = np.asarray(k_values)
    if not ks.size or ks.min() < 1 or ks.max() > len(X) or n_references < 1:
        raise ValueError(f"k_values={k_values} or n_references={n_references} out of range for {len(X)} rows")
    rng = np.random.default_rng(random_state)
    logs = np.empty((n_references + 1, len(ks)))
    for b in range(n_references + 1):
        # Feature by feature: the same distribution, drawn in another order.
        data = X if b == 0 else np.column_stack([rng.uniform(c.min(), c.max(), len(X)) for c in X.T])
        for i, k in enumerate(ks.tolist()):
            logs[b, i] = np.log(inertia(data, cluster(data, k)))
    return logs[1:].mean(axis=0) - logs[0], logs[1:].std(axis=0) * (1 + 1 / n_references) ** 0.5


def choose_k(k_values, gaps, s):
    if len(k_values) == 0 or len({len(k_values), len(gaps), len(s)}) > 1:
        raise ValueError("expected three sequences of one length, at least 1")
    if sorted(set(k_values)) != list(k_values):
        raise ValueError(f"expected rising k_values, got {k_values}")
    for k, gap, next_gap, next_s in zip(k_values, gaps, gaps[1:], s[1:], strict=False):
        if next_gap - gap <= next_s:
            return k
    return k_values[-1]


def _prepare(X, labels):
    X, labels = np.array(X, dtype=np.float64), np.asarray(labels)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"expected a table, got shape {X.shape}")
    if labels.shape != (len(X),):
        raise ValueError(f"expected {len(X)} labels, got shape {labels.shape}")
    return X, (labels[:, None] == np.unique(labels)).astype(float)


def _squares(X):
    X = X - X.mean(axis=0)
    lengths = (X**2).sum(axis=1)
    squares = lengths[:, None] + lengths - 2 * X @ X.T
    np.fill_diagonal(squares, 0.0)
    return np.maximum(squares, 0.0)
