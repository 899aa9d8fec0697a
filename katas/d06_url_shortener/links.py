"""Shorteners with a clock that stands still and a generator with a seed, and scripts for them, which run where they are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import url_shortener as kata

from harness.suite.threads import ManualClock

Step = tuple[Any, ...]
"""A method of a `Bench`, and its arguments."""


class Bench:
    """A shortener, its clock (at 1024) and its generator. Codes may be asked for by number: 0 is the first that came."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = ManualClock(1024.0)
        self.rng = random.Random(seed)
        self.links = kata.UrlShortener(clock=self.clock, rng=self.rng)
        self.codes: list[str] = []

    def shorten(self, *args: Any) -> Any:
        """Return the alias, or the number of the code."""
        return self.number(self.links.shorten(*args))

    def number(self, code: Any) -> Any:
        """The number of a code of 7 characters, new or known; aliases of the suite have other lengths."""
        if not isinstance(code, str) or len(code) != 7:
            return code
        if code not in self.codes:
            self.codes.append(code)
        return self.codes.index(code)

    def name(self, code: Any) -> Any:
        """The code with a number; with none yet, one that is unknown."""
        if not isinstance(code, int):
            return code
        return self.codes[code] if code < len(self.codes) else f"unknown{code}"

    def resolve(self, code: Any) -> Any:
        """Follow a link."""
        return self.links.resolve(self.name(code))

    def stats(self, code: Any) -> Any:
        """Ask for the statistics of a link."""
        return self.links.stats(self.name(code))

    def advance(self, seconds: float) -> None:
        """Let time pass, or set the clock back."""
        self.clock.advance(seconds)


def play(script: Sequence[Step]) -> list[Any]:
    """What a new shortener answers to a script; errors are their names."""
    bench, told = Bench(), []
    for method, *args in script:
        try:
            told.append(getattr(bench, method)(*args))
        except (KeyError, ValueError) as error:
            told.append(type(error).__name__)
    return told


def codes(urls: Sequence[str], seed: int) -> list[Any]:
    """The codes of URLs, by a generator with this seed."""
    bench = Bench(seed)
    return [bench.links.shorten(url) for url in urls]


def collide(kind: str) -> dict[str, Any]:
    """Make a shortener draw what is taken: the second link is drawn from the generator's state before the first."""
    bench, first, second = Bench(), "https://a.example/", "https://b.example/"
    state = bench.rng.getstate()
    taken = bench.links.shorten(first, None, 2048.0 if "end" in kind else None)
    if kind == "an alias":  # a new shortener, where the code that is drawn first is an alias by now
        bench = Bench()
        bench.links.shorten(first, taken)
    if kind == "a code that has ended":
        bench.advance(2048.0)
    bench.rng.setstate(state)
    drawn = bench.links.shorten(second)
    return {"new code": drawn != taken, "first": bench.links.stats(taken)["url"], "second": bench.links.resolve(drawn)}


def crowded(n: int) -> Bench:
    """A shortener with so many links."""
    bench = Bench()
    for i in range(n):
        bench.links.shorten(f"https://many.example/{i}")
    return bench


def work(bench: Bench, name: str, times: int) -> int:
    """Shorten and resolve new URLs; how many came back."""
    right = 0
    for i in range(times):
        url = f"https://{name}.example/{i}"
        right += bench.links.resolve(bench.links.shorten(url)) == url
    return right


def count_elsewhere() -> list[Any]:
    """Two shorteners and what one of them knows of the other's links and clicks, and a caller who writes into stats."""
    one, other = Bench(1), Bench(2)
    one.links.shorten("https://a.example/", "alias")
    other.links.shorten("https://b.example/", "alias")
    one.links.resolve("alias")
    one.links.stats("alias")["clicks"] = 99
    return [one.links.stats("alias"), other.links.stats("alias")]
