"""Exact search for nearest neighbours in bounded memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def knn_search(
    queries: npt.ArrayLike, data: npt.ArrayLike, k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Find the k rows of `data` that are nearest to each query, by Euclidean distance.

    Args:
        queries: shape (q, d).
        data: shape (n, d).
        k: how many neighbours, 1 ... n.

    Returns:
        indices, shape (q, k), integers: rows of `data`, the nearest first, equally near ones by index.
        distances, shape (q, k), float64.

    Raises:
        ValueError: a wrong shape, an axis of length zero, or k out of range.
    """
    raise NotImplementedError
