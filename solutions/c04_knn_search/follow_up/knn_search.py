"""Exact nearest neighbours block by block, by partial selection, among the rows that a mask allows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_BLOCK_ROWS = 2**15
_BLOCK_SIZE = 2**17
"""Rows of data, and numbers, in a block of distances: 1 MiB, which stays in the cache while it is used."""


def knn_search(
    queries: npt.ArrayLike, data: npt.ArrayLike, k: int, where: npt.ArrayLike | None = None
) -> tuple[Int64Array, Float64Array]:
    """Return indices (q, k) and distances (q, k) of the k nearest allowed rows of `data`, by distance and index.

    `where`: a mask (n,) for all queries, or (q, n). Places that nothing is left for have index -1 and distance infinity.
    """
    points, rows = _as_matrix("queries", queries), _as_matrix("data", data)
    if points.shape[1] != rows.shape[1]:
        raise ValueError(f"queries must have {rows.shape[1]} columns, as data has, got {points.shape[1]}")
    if not 1 <= k <= len(rows):
        raise ValueError(f"k must be in 1 ... {len(rows)}, the number of rows of data, got {k}")
    allowed = _as_mask(where, len(points), len(rows))
    indices = np.full((len(points), k), -1, dtype=np.int64)
    distances = np.full((len(points), k), np.inf)
    step = _BLOCK_SIZE // min(len(rows), _BLOCK_ROWS)
    for start in range(0, len(points), step):
        some = slice(start, start + step)
        own = allowed if allowed is None or allowed.ndim == 1 else allowed[some]
        found, squares = _search(points[some], rows, k, own)
        indices[some, : found.shape[1]] = np.where(squares < np.inf, found, -1)
        distances[some, : found.shape[1]] = squares
    return indices, np.sqrt(distances)


def _as_matrix(name: str, values: npt.ArrayLike) -> Float64Array:
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"{name} must have two axes, none of length zero, got shape {matrix.shape}")
    return matrix


def _as_mask(where: npt.ArrayLike | None, q: int, n: int) -> Mask | None:
    if where is None:
        return None
    mask = np.asarray(where)
    if mask.dtype != np.bool_ or mask.shape not in ((n,), (q, n)):
        raise ValueError(f"where must be bool of shape ({n},) or ({q}, {n}), got {mask.dtype} of shape {mask.shape}")
    return mask


def _search(points: Float64Array, rows: Float64Array, k: int, allowed: Mask | None) -> tuple[Int64Array, Float64Array]:
    """Indices and squared distances for a few queries, over blocks of the data; at most k, infinite if not allowed."""
    indices = np.empty((len(points), 0), dtype=np.int64)
    squares = np.empty((len(points), 0))
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = rows[start : start + _BLOCK_ROWS]
        places = np.arange(start, start + len(block))
        if allowed is not None and allowed.ndim == 1:
            places = places[allowed[places]]  # what nobody may find is not computed
            block = rows[places]
        if not len(places):
            continue
        numbers = np.broadcast_to(places, (len(points), len(places)))
        new = _squared_distances(points, block)
        if allowed is not None and allowed.ndim == 2:
            new[~allowed[:, places]] = np.inf
        # The best so far come first: their indices are lower, and a stable selection prefers what stands first.
        indices = np.hstack([indices, numbers])
        squares = np.hstack([squares, new])
        best = _smallest(squares, min(k, squares.shape[1]))
        indices, squares = np.take_along_axis(indices, best, axis=1), np.take_along_axis(squares, best, axis=1)
    return indices, squares


def _squared_distances(points: Float64Array, rows: Float64Array) -> Float64Array:
    """Squared distances (q, n), feature by feature: by differences, so that nothing cancels far from the origin."""
    squares = np.zeros((len(points), len(rows)))
    for j in range(rows.shape[1]):
        differences = points[:, j, np.newaxis] - np.ascontiguousarray(rows[:, j])
        differences *= differences
        squares += differences
    return squares


def _smallest(values: Float64Array, k: int) -> Int64Array:
    """Positions (q, k) of the k smallest values of each row, by value and then position."""
    limits = np.partition(values, k - 1)[:, k - 1]
    positions = np.empty((len(values), k), dtype=np.int64)
    for i, limit in enumerate(limits):
        candidates = np.flatnonzero(values[i] <= limit)  # k, or more where the last one has equals
        positions[i] = candidates[np.argsort(values[i, candidates], kind="stable")[:k]]
    return positions
