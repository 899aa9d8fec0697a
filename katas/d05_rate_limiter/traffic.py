"""Limiters with a clock that stands still, and traffic for them, which runs where the limiters are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import rate_limiter as kata

from harness.suite.threads import ManualClock

Call = tuple[str, tuple[Any, ...]]
"""A method of a `Bench`, and its arguments."""


class Bench:
    """A limiter and its clock."""

    def __init__(self, kind: str, *params: Any, start: float = 1024.0) -> None:
        self.clock = ManualClock(start)
        if kind == "RateLimiter":  # params: {endpoint: (kind, first, second)}
            rules = {name: getattr(kata, rule[0])(*rule[1:], clock=self.clock) for name, rule in params[0].items()}
            self.limiter = kata.RateLimiter(rules)
        else:
            self.limiter = getattr(kata, kind)(*params, clock=self.clock)

    def allow(self, *args: Any) -> Any:
        """Ask the limiter."""
        return self.limiter.allow(*args)

    def retry_after(self, *args: Any) -> Any:
        """Ask the limiter."""
        return self.limiter.retry_after(*args)

    def size(self) -> Any:
        """Ask the limiter."""
        return self.limiter.size()

    def stats(self) -> Any:
        """Ask the limiter."""
        return self.limiter.stats()

    def advance(self, seconds: float) -> None:
        """Let time pass, or set the clock back."""
        self.clock.advance(seconds)


def answers(kind: str, params: Sequence[Any], script: Sequence[Call]) -> list[Any]:
    """What a new limiter answers to calls, one after the other."""
    bench = Bench(kind, *params)
    return [getattr(bench, method)(*args) for method, args in script]


def waits(kind: str, params: Sequence[Any], script: Sequence[Call], early: float) -> list[tuple[float, bool, bool]]:
    """For each `allow` that is denied: how long to wait, the answer `early` seconds before that, and after it."""
    bench, found = Bench(kind, *params), []
    for method, args in script:
        if getattr(bench, method)(*args) is False:
            wait = left = bench.retry_after(*args)
            # With little left to wait, there is no moment that is early enough to ask.
            before = False
            if wait > 2 * early:
                for _ in range(3):  # clocks round, too
                    bench.advance((wait - early) / 3)
                before, left = bench.allow(*args), early
            bench.advance(left)
            found.append((wait, before, bench.allow(*args)))
    return found


def crowded(kind: str, params: Sequence[Any], keys: int) -> Bench:
    """A limiter that remembers so many keys."""
    bench = Bench(kind, *params)
    for key in range(keys):
        bench.allow(key)
    return bench


def call_often(bench: Bench, key: Any, times: int) -> list[int]:
    """How many calls of one key are allowed, in the first and the second half."""
    return [sum(bench.allow(key) for _ in range(times // 2)) for _ in range(2)]


class Store:
    """What servers share: versioned values, and a time of its own. Counts its calls, and can be down."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.values: dict[Any, tuple[Any, int]] = {}
        self.calls = {"load": 0, "swap": 0}
        self.down: str = ""
        self.rivals: list[tuple[Any, tuple[Any, ...]]] = []
        """Calls of other servers, each made just before one of the next swaps."""

    def load(self, key: Any) -> tuple[Any, int]:
        """The value and its version."""
        self._count("load")
        return self.values.get(key, (None, 0))

    def swap(self, key: Any, value: Any, version: int) -> bool:
        """Store the value if the version is that of now."""
        self._count("swap")
        if self.rivals:
            rival, args = self.rivals.pop(0)
            rival.allow(*args)
        if self.values.get(key, (None, 0))[1] != version:
            return False
        self.values[key] = value, version + 1
        return True

    def time(self) -> float:
        """The time of the store."""
        return self.now

    def _count(self, method: str) -> None:
        self.calls[method] += 1
        if self.down in (method, "all"):
            raise ConnectionError("the store is down")


def shared(limits: Sequence[Any], script: Sequence[Call], servers: int) -> list[Any]:
    """What servers in turn answer over one store, to `allow` and `advance`; "restart" replaces them all."""
    store = Store()
    buckets, told = [kata.SharedBucket(*limits, store) for _ in range(servers)], []
    for i, (method, args) in enumerate(script):
        if method == "restart":
            buckets = [kata.SharedBucket(*limits, store) for _ in range(servers)]
        if method == "advance":
            store.now += args[0]
        told.append(buckets[i % servers].allow(*args) if method == "allow" else None)
    return told


def met(limits: Sequence[Any], args: Sequence[Any], rivals: Sequence[Sequence[Any]]) -> list[Any]:
    """The answer to a call, before each of whose swaps a rival's call comes, and how many tokens are left then."""
    store = Store()
    bucket, rival = kata.SharedBucket(*limits, store), kata.SharedBucket(*limits, store)
    store.rivals = [(rival, tuple(other)) for other in rivals]
    came, left = bucket.allow(*args), 0
    while left < 100 and rival.allow(args[0]):
        left += 1
    return [came, left]


def down(limits: Sequence[Any], when_down: Any, method: str) -> list[Any]:
    """Five answers while a method of the store is down, or its error, and three while it is up again."""
    store = Store()
    bucket = kata.SharedBucket(*limits, store, *([] if when_down is None else [when_down]))
    came: list[Any] = []
    for i in range(8):
        store.down = method if i < 5 else ""
        try:
            came.append(bucket.allow("ada"))
        except ConnectionError:
            came.append("ConnectionError")
    return came


def refuse(limits: Sequence[Any], cost: int, method: str = "") -> Any:
    """What a call with this cost gives, the store being down or not."""
    store = Store()
    store.down = method
    return kata.SharedBucket(*limits, store).allow("ada", cost)


def swaps(limits: Sequence[Any], times: int) -> dict[str, int]:
    """How often the store is called for so many calls, one after the other."""
    store = Store()
    bucket = kata.SharedBucket(*limits, store)
    for _ in range(times):
        bucket.allow("ada")
    return store.calls
