"""How good a clustering is, and how many clusters there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Cluster = Callable[[npt.NDArray[np.float64], int], npt.ArrayLike]  # (rows, k) -> labels


def silhouette_samples(X: npt.ArrayLike, labels: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return (b - a) / max(a, b) of each row of `X` (n, d), shape (n,); 0 where a row is alone, or a = b = 0.

    Raises ValueError: a wrong shape, an axis of length zero, not one label per row, fewer than two clusters.
    """
    raise NotImplementedError


def silhouette_score(X: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the mean silhouette of all rows. Errors are those of silhouette_samples."""
    raise NotImplementedError


def inertia(X: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Return the sum of squared distances of the rows to the mean of their cluster.

    Raises ValueError: a wrong shape, an axis of length zero, not one label per row.
    """
    raise NotImplementedError


def gap_statistic(
    X: npt.ArrayLike,
    cluster: Cluster,
    k_values: Sequence[int],
    n_references: int = 10,
    random_state: int | np.random.Generator | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return (gaps, s), one entry per entry of `k_values`.

    Raises ValueError: a wrong shape, an axis of length zero, no k, a k outside 1 ... n, n_references below 1.
    """
    raise NotImplementedError


def choose_k(k_values: Sequence[int], gaps: npt.ArrayLike, s: npt.ArrayLike) -> int:
    """Return the first k whose gap is at least the next gap minus the next s; the last k if there is none.

    Raises ValueError: lengths that differ, no k, k_values that do not rise.
    """
    raise NotImplementedError
