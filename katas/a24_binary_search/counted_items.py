"""A sequence that counts how often its items are looked at and compared. It is used in the process of the subject."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import binary_search as kata

STOP_AFTER = 20_000
"""A search that is not done after so many accesses or comparisons is stopped: it goes on for ever, or nearly so."""


class StoppedError(Exception):
    """Ends a search that takes too long."""


class Counter:
    """What a search has done so far."""

    def __init__(self) -> None:
        self.accesses = self.comparisons = self.sliced = self.iterated = 0

    def add(self, name: str, number: int = 1) -> None:
        """Count; raises `StoppedError` when it is too much."""
        setattr(self, name, getattr(self, name) + number)
        if max(self.accesses, self.comparisons) > STOP_AFTER:
            raise StoppedError(f"stopped after {STOP_AFTER} accesses or comparisons")


def _counted(compare: Callable[[Any, Any], bool]) -> Callable[[Item, Item], bool]:
    """A comparison of two items that is counted; with anything but an item there is none."""

    def method(self: Item, other: Item) -> bool:
        if not isinstance(other, Item):
            return NotImplemented
        self.counter.add("comparisons")
        return compare(self.value, other.value)

    return method


class Item:
    """A value that counts its comparisons. Those with items of the same sequence and the target are possible."""

    def __init__(self, value: Any, counter: Counter) -> None:
        self.value = value
        self.counter = counter

    __lt__, __le__, __gt__, __ge__ = map(_counted, (operator.lt, operator.le, operator.gt, operator.ge))
    __eq__, __ne__ = map(_counted, (operator.eq, operator.ne))  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"Item({self.value!r})"


class Items(Sequence[Any]):
    """Items made of values on access, so that a `range` may have a thousand million of them."""

    def __init__(self, values: Sequence[Any], counter: Counter, *, plain: bool) -> None:
        self._values = values
        self._counter = counter
        self._make = (lambda value: value) if plain else (lambda value: Item(value, counter))

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            taken = len(range(*index.indices(len(self))))
            self._counter.add("sliced", taken)
            self._counter.add("accesses", taken)
            return [self._make(value) for value in self._values[index]]
        self._counter.add("accesses")
        return self._make(self._values[index])

    def __iter__(self) -> Iterator[Any]:
        for value in self._values:
            self._counter.add("iterated")
            self._counter.add("accesses")
            yield self._make(value)


def search(values: Sequence[Any], target: Any, plain: bool = False) -> dict[str, Any]:
    """What `binary_search` returned for counted items of these values, None when it was stopped, and what it took.

    Plain items are the values themselves, of which only the accesses are counted.
    """
    counter = Counter()
    try:
        items = Items(values, counter, plain=plain)
        index, stopped = kata.binary_search(items, target if plain else Item(target, counter)), False
    except StoppedError:
        index, stopped = None, True
    return {"index": index, "stopped": stopped, **vars(counter)}
