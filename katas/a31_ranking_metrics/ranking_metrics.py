"""Ranking metrics: precision, reciprocal rank, average precision, NDCG."""

from __future__ import annotations

import numpy.typing as npt


def precision_at_k(relevances: npt.ArrayLike, k: int) -> float:
    """Return the share of the first k places that hold a relevant item.

    Args:
        relevances: relevance of all items in the order of the ranking, shape (n,); above 0 is relevant.
        k: how many places count, at least 1; those after the list are irrelevant.

    Raises:
        ValueError: a wrong shape, no items, a relevance below 0, or a k that is not a whole number of at least 1.
    """
    raise NotImplementedError


def reciprocal_rank(relevances: npt.ArrayLike) -> float:
    """Return 1 / rank of the first relevant item, ranks from 1; 0 without one.

    Raises:
        ValueError: a wrong shape, no items, or a relevance below 0.
    """
    raise NotImplementedError


def average_precision_at_k(relevances: npt.ArrayLike, k: int) -> float:
    """Return the sum of the precisions at the relevant of the first k places, divided by min(k, all relevant items).

    Raises:
        ValueError: as in `precision_at_k`.
    """
    raise NotImplementedError


def ndcg(relevances: npt.ArrayLike, k: int) -> float:
    """Return the discounted gain of the first k places, divided by that of the ideal order of the whole list.

    Raises:
        ValueError: as in `precision_at_k`.
    """
    raise NotImplementedError
