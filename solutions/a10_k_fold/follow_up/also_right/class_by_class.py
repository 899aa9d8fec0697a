"""A loop over the classes: rows are shuffled within each, and always go to the fold that comes next."""

import copy

import numpy as np


def stratified_k_fold_indices(y, k=5, shuffle=True, random_state=None):
    y = np.array(y)
    if y.ndim != 1:
        raise ValueError("y must be one-dimensional")
    if k < 2:
        raise ValueError("k must be at least 2")
    if k > len(y):
        raise ValueError(f"cannot split {len(y)} rows into {k} folds")
    rng = np.random.default_rng(random_state)
    folds = [[] for _ in range(k)]
    turn = 0
    for label in np.unique(y):
        rows = np.flatnonzero(y == label)
        if shuffle:
            rng.shuffle(rows)
        for row in rows:
            folds[turn % k].append(row)
            turn += 1
    pairs = []
    for i in range(k):
        train = []
        for j in range(k):
            if j != i:
                train.extend(folds[j])
        pairs.append((np.array(train), np.array(folds[i])))
    return pairs


def k_fold_indices(n_samples, k=5, shuffle=True, random_state=None):
    if k < 2:
        raise ValueError("k must be at least 2")
    if k > n_samples:
        raise ValueError(f"cannot split {n_samples} rows into {k} folds")
    indices = list(range(n_samples))
    if shuffle:
        rng = np.random.default_rng(random_state)
        for i in range(n_samples - 1, 0, -1):  # Fisher and Yates
            j = int(rng.integers(0, i + 1))
            indices[i], indices[j] = indices[j], indices[i]
    fold_sizes = [n_samples // k] * k
    for i in range(n_samples % k):
        fold_sizes[i] += 1
    folds = []
    start = 0
    for size in fold_sizes:
        stop = start + size
        validation = indices[start:stop]
        train = indices[:start] + indices[stop:]
        folds.append((np.array(train), np.array(validation)))
        start = stop
    return folds


def k_fold_cv(model, X, y, k=5, random_state=None):
    X = np.array(X)
    y = np.array(y)
    if X.ndim != 2 or y.ndim != 1:
        raise ValueError(f"X must be a matrix and y a vector, got {X.ndim} and {y.ndim} axes")
    if X.shape[1] == 0:
        raise ValueError("X has no columns")
    if len(X) != len(y):
        raise ValueError(f"{len(X)} rows and {len(y)} targets")
    scores = []
    for train, validation in k_fold_indices(len(X), k=k, shuffle=True, random_state=random_state):
        m = copy.deepcopy(model)
        X_train, y_train = X[train], y[train]
        X_val, y_val = X[validation], y[validation]
        m.fit(X_train, y_train)
        scores.append(m.score(X_val, y_val))
    return np.array(scores)
