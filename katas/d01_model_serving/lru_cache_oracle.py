"""What a cache does at each step, a plain simulation: one that is right, and ones with a wrong policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

FAILURE_IS_NO_USE = "a request whose model raises does not count as a use: it does"
INFO_IS_A_USE = "get_model_info counts as a use: it does not"
VICTIMS: dict[str, Callable[[dict[str, int]], object]] = {
    "first in, first out: each use makes a model the most recent one": lambda entry: entry["came"],
    "the least frequently used model is evicted": lambda entry: (entry["uses"], entry["used"]),
    "the most recently used model is evicted: evict from the other end": lambda entry: -entry["used"],
}
"""Wrong policies: which model they evict, that for which the value is least."""
POLICIES = [FAILURE_IS_NO_USE, INFO_IS_A_USE, *VICTIMS]
"""All wrong policies."""


def simulate(ids: str, size: int, steps: Sequence[tuple[str, str]], mistake: str = "") -> list[list[Any]]:
    """The outcome and the log of each step, in a cache that has loaded the ids, of an LRU cache or one with a mistake."""
    victim: Callable[[dict[str, int]], Any] = VICTIMS.get(mistake, lambda entry: entry["used"])
    cache: dict[str, dict[str, int]] = {}
    came: list[list[Any]] = []
    for now, (operation, model_id) in enumerate([*(("load", model_id) for model_id in ids), *steps]):
        is_hit, is_request, evicted = model_id in cache, operation in ("predict", "fail"), None
        if cache and (
            operation == "evict" or (operation not in ("bad load", "info") and not is_hit and len(cache) == size)
        ):
            evicted = min(cache, key=lambda model_id: victim(cache[model_id]))
            del cache[evicted]
        is_use = operation in ("predict", "load") or (
            operation == "fail" and not (is_hit and mistake == FAILURE_IS_NO_USE)
        )
        if is_use or (operation == "info" and is_hit and mistake == INFO_IS_A_USE):
            entry = cache.setdefault(model_id, {"came": now, "uses": 0})
            entry |= {"used": now, "uses": entry["uses"] + 1}
        log = [f"load {model_id}"] * (operation == "load" or (is_request and not is_hit))
        outcomes: dict[str, Any] = {"fail": "RuntimeError", "bad load": "ValueError", "evict": evicted, "info": is_hit}
        outcomes["predict"] = [[model_id, 0], is_hit]
        came.append([outcomes.get(operation), [*log, *[f"predict {model_id}"] * is_request]])
    return came[len(ids) :]
