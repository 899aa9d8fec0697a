"""Many runs in one question: how often each set is drawn, how many items are alive at once, what is read of a stream."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import reservoir_sampling as kata

Weights = Sequence[float] | None


def sample(items: Sequence[Any], weights: Weights, k: int, seed: int) -> list[Any]:
    """One sample of generators, with `rng = np.random.default_rng(seed)`."""
    return _sample(iter(items), weights, k, np.random.default_rng(seed))


def count_sets(n: int, weights: Weights, k: int, runs: int, seed: int) -> dict[str, int]:
    """How often each set of the numbers 0 to n - 1 is drawn, in `runs` samples with one generator; '0 2' is a set."""
    rng = np.random.default_rng(seed)
    samples = (_sample(iter(range(n)), weights, k, rng) for _ in range(runs))
    return dict(Counter(" ".join(map(str, sorted(items))) for items in samples))


class _Item:
    """Something that can be neither hashed nor compared, but counted."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, number: int) -> None:
        self.number = number

    def __eq__(self, other: object) -> bool:
        raise TypeError("items of a stream need not be comparable")


def most_alive(n: int, k: int, *, weighted: bool) -> tuple[int, list[int]]:
    """How many of n items of a stream were alive at once, at most; and the numbers of those returned."""
    alive: set[int] = set()
    most = [0]

    def stream() -> Iterator[_Item]:
        for number in range(n):
            item = _Item(number)
            alive.add(number)
            weakref.finalize(item, alive.discard, number)
            most[0] = max(most[0], len(alive))
            yield item
            del item

    found = _sample(
        stream(), [1.0 + number % 3 for number in range(n)] if weighted else None, k, np.random.default_rng(1)
    )
    return most[0], [item.number for item in found]


def reads(n: int, k: int, *, weighted: bool) -> tuple[int, int]:
    """How many of n items and of n weights are read from generators that can be gone through once."""
    read = [0, 0]

    def counted(which: int) -> Iterator[float]:
        for number in range(n):
            read[which] += 1
            yield 1.0 + number

    if weighted:
        kata.weighted_reservoir(counted(0), counted(1), k, np.random.default_rng(2))
    else:
        kata.reservoir_sample(counted(0), k, np.random.default_rng(2))
    return read[0], read[1]


def _sample(stream: Iterator[Any], weights: Weights, k: int, rng: np.random.Generator) -> list[Any]:
    found: list[Any] = (
        kata.reservoir_sample(stream, k, rng)
        if weights is None
        else kata.weighted_reservoir(stream, iter(weights), k, rng)
    )
    return found
