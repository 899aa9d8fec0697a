"""Loops over places, from 1."""

import math

import numpy as np


def _check(relevances, k=1):
    if np.ndim(relevances) != 1:
        raise ValueError("relevances must be a flat list")
    relevances = [float(r) for r in relevances]
    if not relevances:
        raise ValueError("no items")
    if min(relevances) < 0:
        raise ValueError("a negative relevance")
    if k <= 0 or k % 1 != 0:
        raise ValueError(f"k = {k}")
    return relevances


def precision_at_k(relevances, k):
    hits = 0
    for relevance in _check(relevances, k)[: int(k)]:
        if relevance > 0:
            hits += 1
    return hits / k


def reciprocal_rank(relevances):
    for rank, relevance in enumerate(_check(relevances), 1):
        if relevance > 0:
            return 1 / rank
    return 0.0


def average_precision_at_k(relevances, k):
    relevances = _check(relevances, k)
    relevant = sum(relevance > 0 for relevance in relevances)
    if relevant == 0:
        return 0.0
    total = 0.0
    for i in range(1, min(int(k), len(relevances)) + 1):
        if relevances[i - 1] > 0:
            total += precision_at_k(relevances, i)
    return total / min(k, relevant)


def ndcg(relevances, k):
    relevances = _check(relevances, k)

    def dcg(order):
        return sum((2**r - 1) / math.log2(i + 2) for i, r in enumerate(order[: int(k)]))

    best = dcg(sorted(relevances, reverse=True))
    return dcg(relevances) / best if best > 0 else 0.0
