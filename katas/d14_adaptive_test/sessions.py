"""Many sessions in one call; the suite uses it, you need not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import adaptive_test as kata

Bank = dict[str, tuple[float, float]]


def first_items(items: Bank, states: Sequence[Any], **options: Any) -> list[str]:
    """The item that new sessions ask first, one session for each random_state."""
    return [kata.AdaptiveTest(items, random_state=state, **options).next_item() for state in states]


def simulate(items: Bank, people: Sequence[dict[str, bool]], **options: Any) -> list[dict[str, Any]]:
    """For each person, who has an answer ready to every item: what is left of a session, from start to end."""
    ends = []
    for ready in people:
        test = kata.AdaptiveTest(items, **options)
        path = [(test.theta, test.standard_error)]
        for _ in items:
            if test.finished:
                break
            item = test.next_item()
            test.record(item, ready[item])
            path.append((test.theta, test.standard_error))
        ends.append({"answers": list(test.answers), "path": path})
    return ends
