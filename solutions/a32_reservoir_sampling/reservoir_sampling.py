"""Reservoir sampling from a stream, uniform and weighted: the reference."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def reservoir_sample(stream: Iterable[T], k: int, rng: np.random.Generator) -> list[T]:
    """Return k items of a stream, every set of k equally likely; all of them when there are fewer.

    Vitter: Random sampling with a reservoir, 1985, algorithm R. Raises `ValueError` for a k out of range.
    """
    _check_k(k)
    reservoir: list[T] = []
    for seen, item in enumerate(stream, 1):
        if len(reservoir) < k:
            reservoir.append(item)
            continue
        place = int(rng.integers(seen))  # below k with the chance k / seen, and then any place alike
        if place < k:
            reservoir[place] = item
    return reservoir


def weighted_reservoir(stream: Iterable[T], weights: Iterable[float], k: int, rng: np.random.Generator) -> list[T]:
    """Return k items, as if drawn one by one without replacement, in proportion to the weights of those left.

    Efraimidis, Spirakis: Weighted random sampling with a reservoir, 2006. Raises `ValueError` for a k or a weight out of range,
    and for lengths that differ.
    """
    _check_k(k)
    heap: list[tuple[float, int, T]] = []  # the smallest key first; the number keeps items from being compared
    for number, (item, weight) in enumerate(zip(stream, weights, strict=True)):
        if not 0 <= weight < math.inf:
            raise ValueError(f"weights must be finite and at least 0, got {weight}")
        if weight == 0:
            continue
        # The logarithm of u ** (1 / weight), which would underflow: -ln(u) is exponential.
        entry = (-float(rng.exponential()) / weight, number, item)
        if len(heap) < k:
            heapq.heappush(heap, entry)
        else:
            heapq.heappushpop(heap, entry)
    return [item for _, _, item in heap]


def _check_k(k: int) -> None:
    if k < 1 or k != int(k):
        raise ValueError(f"k must be a whole number of at least 1, got {k}")
