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
