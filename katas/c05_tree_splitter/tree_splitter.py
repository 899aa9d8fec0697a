"""The best split of a decision tree's node, in the time of a sort."""

from __future__ import annotations

import numpy.typing as npt


def best_split(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[int | None, float | None, float]:
    """Return the split that lowers the Gini impurity most.

    Args:
        X: rows, shape (n, d), n and d at least 1.
        y: labels, integers or strings, shape (n,).

    Returns:
        (feature, threshold, gain); (None, None, 0.0) if nothing gains. Rows with `x[feature] <= threshold` go left.

    Raises:
        ValueError: a wrong shape, an axis of length zero, or lengths that differ.
    """
    raise NotImplementedError
