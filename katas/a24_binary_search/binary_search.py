"""Binary search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def binary_search(items: Sequence[Any], target: Any) -> int:
    """Return the index of the leftmost of the `items` that equals `target`, -1 when there is none.

    Args:
        items: a sequence of n items in ascending order, n at least 0; equal items may occur. Only `len(items)` and
            `items[i]` can be relied on.
        target: what to look for; it can be compared with the items.

    Returns:
        The index, a Python int from 0 to n - 1, or -1. O(log n) comparisons and accesses, however many items are equal.
    """
    raise NotImplementedError
