"""Ranking metrics: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def precision_at_k(relevances: npt.ArrayLike, k: int) -> float:
    """Return the share of the first k places that hold a relevant item. Raises `ValueError` for what is out of range."""
    return float(np.count_nonzero(_grades(relevances, k)[:k]) / k)


def reciprocal_rank(relevances: npt.ArrayLike) -> float:
    """Return 1 / rank of the first relevant item, or 0. Raises `ValueError` for what is out of range."""
    places = np.flatnonzero(_grades(relevances))
    return float(1 / (places[0] + 1)) if places.size else 0.0


def average_precision_at_k(relevances: npt.ArrayLike, k: int) -> float:
    """Return the sum of the precisions at the relevant of the first k places, divided by min(k, all relevant items).

    Raises `ValueError` for what is out of range.
    """
    is_relevant = _grades(relevances, k) > 0
    best = min(k, np.count_nonzero(is_relevant))  # so many precisions of 1 are what a perfect order gets
    top = is_relevant[:k]
    precisions = np.cumsum(top) / np.arange(1, len(top) + 1)
    return float(precisions[top].sum() / best) if best else 0.0


def ndcg(relevances: npt.ArrayLike, k: int) -> float:
    """Return the discounted gain of the first k places, divided by that of the ideal order of the whole list.

    Järvelin, Kekäläinen 2002; gain 2^rel - 1 of Burges et al. 2005. Raises `ValueError` for what is out of range.
    """
    grades = _grades(relevances, k)
    ideal = _dcg(np.sort(grades)[::-1], k)
    return _dcg(grades, k) / ideal if ideal else 0.0


def _dcg(grades: Float64Array, k: int) -> float:
    """The sum over the first k places i, from 1, of (2^rel - 1) / log2(i + 1)."""
    gains = np.exp2(grades[:k]) - 1
    return float(np.sum(gains / np.log2(np.arange(2, len(gains) + 2))))


def _grades(relevances: npt.ArrayLike, k: int = 1) -> Float64Array:
    """`relevances` as float64, shape (n,); `k` is checked too."""
    grades = np.asarray(relevances, dtype=np.float64)
    if grades.ndim != 1 or grades.size == 0:
        raise ValueError(f"relevances must have shape (n,), n at least 1, got shape {grades.shape}")
    if np.any(grades < 0):
        raise ValueError(f"relevances must be at least 0, got {grades.min()}")
    if k < 1 or k != int(k):
        raise ValueError(f"k must be a whole number of at least 1, got {k}")
    return grades
