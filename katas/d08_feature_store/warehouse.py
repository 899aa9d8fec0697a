"""Clocks, stores and scripts of calls, which run where the feature store is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import feature_store as kata

START = 1000.0
Step = tuple[str, tuple[Any, ...]]


class Clock:
    """Shows a time in seconds; each call moves it on by `ticks`."""

    def __init__(self, now: float = START, ticks: float = 0.0) -> None:
        self.now, self.ticks, self.asked = now, ticks, 0

    def __call__(self) -> float:
        """Return the time shown."""
        now = self.now
        self.now = now + self.ticks
        self.asked += 1
        return now


def answers(script: Sequence[Step]) -> list[Any]:
    """What a new store answers to each ("method", arguments); ("advance", (seconds,)) moves its clock."""
    clock = Clock()
    store = kata.FeatureStore(clock)
    told: list[Any] = []
    for method, args in script:
        if method == "advance":
            clock.now += args[0]
            told.append(None)
        else:
            told.append(getattr(store, method)(*args))
    return told


def times_asked(script: Sequence[Step]) -> list[int]:
    """How often each call asks the clock."""
    clock = Clock(ticks=1.0)
    store = kata.FeatureStore(clock)
    told = []
    for method, args in script:
        before = clock.asked
        getattr(store, method)(*args)
        told.append(clock.asked - before)
    return told


def stocked() -> Any:
    """A store at 1000 s: a (float) and b (int, 100 s to live) of "u", with values from 900, 950 and 990 s."""
    store = kata.FeatureStore(Clock())
    store.register("a", "float")
    store.register("b", "int", ttl_s=100)
    for time in (900, 990, 950):
        store.write("u", "a", float(time), time)
        store.write("u", "b", time, time)
    return store


def filled(n: int) -> Any:
    """A store in which feature "a" of "u" has value i at i seconds, for i below n, the last of them written first."""
    store = kata.FeatureStore(Clock(float(n)))
    store.register("a", "int")
    for i in (n - 1, *range(n - 1)):
        store.write("u", "a", i, float(i))
    return store


def ask(store: Any, times: Sequence[float]) -> list[Any]:
    """The values of "a" of "u" at these times, and as many times online."""
    past = [row["a"] for row in store.get_historical([("u", time) for time in times], ["a"])]
    return past + [store.get_online("u", ["a"])["a"] for _ in times]
