"""Duplicates in a list."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def find_duplicates(items: Sequence[T]) -> list[T]:
    """Return the values that occur at least twice, each once, in the order of their second sighting.

    Args:
        items: n values that can be hashed and compared with `==`, n at least 0; they need not have an order.

    Returns:
        A new list; empty when no value occurs twice. The time is linear in n.
    """
    raise NotImplementedError
