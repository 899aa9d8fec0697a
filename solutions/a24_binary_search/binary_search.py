"""Binary search: the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def binary_search(items: Sequence[Any], target: Any) -> int:
    """Return the index of the leftmost of the sorted `items` that equals `target`, -1 when there is none."""
    # Everything before lo is smaller than the target, everything from hi on is not.
    lo, hi = 0, len(items)
    while lo < hi:
        mid = (lo + hi) // 2
        if items[mid] < target:
            lo = mid + 1
        else:
            hi = mid
    return lo if lo < len(items) and items[lo] == target else -1
