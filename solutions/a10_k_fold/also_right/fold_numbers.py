"""Each row gets the number of its fold, and masks tell the two sides of a fold apart; all copies are made first."""

from copy import deepcopy

import numpy as np


def k_fold_indices(n_samples, k=5, shuffle=True, random_state=None):
    if k < 2 or n_samples < k:
        raise ValueError(f"need 2 <= k <= n_samples, got k = {k} and n_samples = {n_samples}")
    number = np.sort(np.arange(n_samples) % k)
    if shuffle:
        rng = random_state if isinstance(random_state, np.random.Generator) else np.random.default_rng(random_state)
        rng.shuffle(number)
    return [(np.flatnonzero(number != fold), np.flatnonzero(number == fold)) for fold in range(k)]


def k_fold_cv(model, X, y, k=5, random_state=None):
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y) or 0 in X.shape:
        raise ValueError(f"need X (n, d) and y (n,), got {X.shape} and {y.shape}")
    folds = k_fold_indices(len(X), k, random_state=random_state)
    models = [deepcopy(model) for _ in folds]
    for own, (train, _) in zip(models, folds, strict=True):
        own.fit(X[train], y[train])
    return np.asarray([own.score(X[rows], y[rows]) for own, (_, rows) in zip(models, folds, strict=True)], dtype=float)
