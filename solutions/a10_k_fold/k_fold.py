"""K-fold cross-validation: the reference."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def k_fold_indices(
    n_samples: int, k: int = 5, shuffle: bool = True, random_state: int | np.random.Generator | None = None
) -> list[Fold]:
    """Return k pairs (train, validation) of index arrays that split rows 0 ... n_samples - 1.

    The first `n_samples mod k` folds have one row more. Raises `ValueError` unless 2 <= k <= n_samples.
    """
    if not 2 <= k <= n_samples:
        raise ValueError(f"k must be in 2 ... {n_samples}, the number of rows, got {k}")
    order = np.arange(n_samples)
    if shuffle:
        order = np.random.default_rng(random_state).permutation(n_samples)
    folds = np.array_split(order, k)
    return [(np.concatenate(folds[:i] + folds[i + 1 :]), fold) for i, fold in enumerate(folds)]


def k_fold_cv(
    model: Any, X: npt.ArrayLike, y: npt.ArrayLike, k: int = 5, random_state: int | np.random.Generator | None = None
) -> npt.NDArray[np.float64]:
    """Return the k scores, shape (k,), of copies of `model` that were each fitted without the fold they are scored on.

    `X` has shape (n, d) and `y` shape (n,), else `ValueError`, as for an axis of length zero or k outside 2 ... n.
    """
    features, targets = np.asarray(X), np.asarray(y)
    if features.ndim != 2 or features.size == 0:
        raise ValueError(f"X must have shape (n, d), n and d at least 1, got shape {features.shape}")
    if targets.shape != features.shape[:1]:
        raise ValueError(f"y must have shape ({len(features)},), one target per row of X, got shape {targets.shape}")
    scores = []
    for train, validation in k_fold_indices(len(features), k, random_state=random_state):
        fold_model = copy.deepcopy(model)  # a copy of the unfitted model: nothing passes from fold to fold
        fold_model.fit(features[train], targets[train])
        scores.append(fold_model.score(features[validation], targets[validation]))
    return np.asarray(scores, dtype=np.float64)
