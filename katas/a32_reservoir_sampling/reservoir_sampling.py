"""Reservoir sampling from a stream, uniform and weighted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def reservoir_sample(stream: Iterable[T], k: int, rng: np.random.Generator) -> list[T]:
    """Return k items of a stream, every set of k equally likely; all of them when there are fewer.

    Args:
        stream: items, gone through once; about k of them may be held.
        k: how many, at least 1.
        rng: the only source of randomness.

    Raises:
        ValueError: a k that is not a whole number of at least 1.
    """
    raise NotImplementedError


def weighted_reservoir(stream: Iterable[T], weights: Iterable[float], k: int, rng: np.random.Generator) -> list[T]:
    """Return k items, as if drawn one by one without replacement, in proportion to the weights of those left.

    Args:
        stream: items, gone through once; about k of them may be held.
        weights: one for each item, finite and at least 0; an item of weight 0 is never drawn.
        k: how many, at least 1.
        rng: the only source of randomness.

    Raises:
        ValueError: a k that is not a whole number of at least 1, a weight out of range, or lengths that differ.
    """
    raise NotImplementedError
