"""K-fold cross-validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]


def k_fold_indices(
    n_samples: int, k: int = 5, shuffle: bool = True, random_state: int | np.random.Generator | None = None
) -> list[Fold]:
    """Split the rows 0 ... n_samples - 1 into k folds, the first `n_samples mod k` of them one row larger.

    Args:
        n_samples: number of rows.
        k: number of folds, 2 ... n_samples.
        shuffle: deal the rows out at random; otherwise each fold is a block of consecutive rows.
        random_state: seed, generator to draw from, or None for a new shuffle at each call.

    Returns:
        For each fold (train, validation): integer arrays of shapes (n_samples - m,) and (m,), in any order.

    Raises:
        ValueError: `k` is outside 2 ... n_samples.
    """
    raise NotImplementedError


def k_fold_cv(
    model: Any, X: npt.ArrayLike, y: npt.ArrayLike, k: int = 5, random_state: int | np.random.Generator | None = None
) -> npt.NDArray[np.float64]:
    """Return the score of `model` on each of the folds `k_fold_indices(n, k, random_state=random_state)`.

    Args:
        model: any object with `fit(X, y)` and `score(X, y)`; stays as it was.
        X: features, shape (n, d).
        y: targets or labels of any type, shape (n,).
        k: number of folds, 2 ... n.
        random_state: as in `k_fold_indices`.

    Returns:
        Float64 array of shape (k,): entry i is the score on validation rows of fold i.

    Raises:
        ValueError: wrong shapes, an axis of length zero, lengths that differ, or `k` outside 2 ... n.
    """
    raise NotImplementedError
