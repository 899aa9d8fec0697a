"""Duplicates in a list: the reference."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def find_duplicates(items: Sequence[T]) -> list[T]:
    """Return the values that occur at least twice, each once, in the order of their second sighting. Linear in n."""
    seen: set[T] = set()
    duplicates: dict[T, None] = {}  # a dict keeps the order in which its keys first came
    for item in items:
        if item in seen:
            duplicates[item] = None
        seen.add(item)
    return list(duplicates)
