"""The list is filled up with zeros to k places, so that no case is special; then matrix products."""

import numpy as np


def _padded(relevances, k):
    r = np.array(relevances, dtype=float)
    if r.ndim != 1 or not len(r) or (r < 0).any():
        raise ValueError("relevances: one axis, at least one item, nothing below 0")
    if k != np.floor(k) or k < 1:
        raise ValueError("k: a whole number from 1")
    return np.concatenate([r, np.zeros(max(0, int(k) - len(r)))])


def precision_at_k(relevances, k):
    return float(np.mean(_padded(relevances, k)[: int(k)] > 0))


def reciprocal_rank(relevances):
    r = _padded(relevances, 1) > 0
    return float(np.max(r / np.arange(1, len(r) + 1)))


def average_precision_at_k(relevances, k):
    hits = (_padded(relevances, k) > 0).astype(float)
    if not hits.any():
        return 0.0
    ranks = np.arange(1, int(k) + 1)
    top = hits[: int(k)]
    precisions = np.tril(np.ones((int(k), int(k)))) @ top / ranks
    return float(top @ precisions / min(k, hits.sum()))


def ndcg(relevances, k):
    r = _padded(relevances, k)
    discounts = 1 / np.log2(1 + np.arange(1, int(k) + 1))
    gain = (2.0 ** r[: int(k)] - 1) @ discounts
    ideal = (2.0 ** (-np.sort(-r))[: int(k)] - 1) @ discounts
    return float(gain / ideal) if ideal > 0 else 0.0
