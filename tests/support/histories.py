"""Histories made by a script, for tests of what is read off them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from harness.catalog.load import load_catalog
from harness.core.model import Catalog, Kata, KataSet
from harness.history.store import ClockPass, Entry, History, Interval

from checkout import ROOT

DAY_S = 86_400.0
NOW = 1_767_200_400.0
"""2025-12-31 17:00 UTC, a Wednesday."""


def make_kata(slug: str, *, minutes: int = 10, topics: tuple[str, ...] = ("test",)) -> Kata:
    """A kata of which nothing is on the disk."""
    number, _, module = slug.partition("_")
    return Kata(
        slug=slug,
        id=number.upper(),
        set=KataSet(slug[0].upper()),
        module=module,
        folder=Path(slug),
        title=f"The kata {module}",
        minutes=minutes,
        topics=topics,
        requires=(),
        imports=(),
        forbidden=(),
        helpers=(),
        hang_limit_s=1.0,
        stub_sha256="",
    )


CATALOG = Catalog(
    (make_kata("a01_one"), make_kata("a02_two", topics=("test", "two")), make_kata("b01_three", minutes=30))
)


class Diary:
    """Entries of a history, one after the other."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.intervals: list[Interval] = []
        self.clock_passes: list[ClockPass] = []

    def add(self, kind: str, slug: str, at: float, **data: Any) -> None:
        """One more."""
        self.entries.append(Entry(len(self.entries) + 1, at, slug, kind, data))

    def keep(self, history: History) -> None:
        """Write all of it into a real one."""
        for entry in self.entries:
            history.add(entry.kind, entry.slug, entry.at, **entry.data)
        with history._write() as database:
            for found in self.clock_passes:
                database.execute(
                    "INSERT INTO passes VALUES (?, ?, ?, ?)", (found.id, found.slug, found.at, found.spent_s)
                )
            for stretch in self.intervals:
                database.execute(
                    "INSERT INTO intervals VALUES (?, ?, ?, ?, ?)",
                    (stretch.id, stretch.slug, stretch.begun, stretch.ended, stretch.pass_id),
                )


def sixty_days(now: float = NOW, seed: int = 7) -> tuple[Catalog, Diary]:
    """A learner who has gone through the katas of this repository in two months, with reviews, gaps and one given up."""
    catalog = load_catalog(ROOT)
    rng = random.Random(seed)
    diary = Diary()
    passed: list[Kata] = []
    left = list(catalog.katas)[:-1]
    for day in range(60, 0, -1):
        if rng.random() < 0.28 and day > 9:
            continue
        at = now - day * DAY_S + rng.uniform(-2, 2) * 3600
        if left and rng.random() < 0.3:
            kata = left.pop(0)
            at = _attempt(diary, rng, kata, at, is_review=False, gives_up=kata.id == "C01")
            passed.append(kata)
        elif passed and rng.random() < 0.6:
            _attempt(diary, rng, rng.choice(passed), at, is_review=True, gives_up=False)
        else:
            _runs(diary, rng, (left or passed)[0], at, rng.randint(1, 9), passes=False)
    return catalog, diary


def _runs(diary: Diary, rng: random.Random, kata: Kata, at: float, number: int, *, passes: bool) -> float:
    tests = sorted(kata_tests(kata))
    for run in range(number):
        at += rng.uniform(20, 240)
        done = passes and run == number - 1
        failing = [] if done else [test for i, test in enumerate(tests) if rng.random() < (0.8 - i / len(tests) * 0.75)]
        failing = failing or ([] if done else tests[:1])
        status = "passed" if done else "in progress"
        counts = {"passed": len(tests) - len(failing), "total": len(tests), "duration_s": round(rng.uniform(0.3, 3), 3)}
        diary.add("run", kata.slug, at, trigger="watch", status=status, failed=failing[:50], **counts)
        if rng.random() < 0.06:
            diary.add("hint", kata.slug, at + 5, number=1)
    return at


def _attempt(diary: Diary, rng: random.Random, kata: Kata, at: float, *, is_review: bool, gives_up: bool) -> float:
    if is_review:
        diary.add("reset", kata.slug, at, kept=f"{at:.0f}.py")
    begun = at
    runs = max(1, round(rng.lognormvariate(1.0 if is_review else 2.0, 0.5)))
    at = _runs(diary, rng, kata, at, runs, passes=True)
    if gives_up:
        diary.add("reveal", kata.slug, at - 1, given_up=True)
    is_timed = rng.random() < 0.85
    spent_s = kata.minutes * 60 * rng.lognormvariate(-0.6 if is_review else -0.1, 0.35) if is_timed else None
    if spent_s is not None:
        number = len(diary.clock_passes) + 1
        diary.clock_passes.append(ClockPass(number, kata.slug, at, spent_s))
        diary.intervals.append(Interval(number, kata.slug, begun, begun + spent_s, number))
    flags = {"hints": 0, "given_up": gives_up, "first": not is_review, "review": is_review}
    diary.add("pass", kata.slug, at, spent_s=spent_s, runs=runs, **flags)
    diary.add("card", kata.slug, at, rating=3, card={"card_id": 1}, due=at + rng.uniform(3, 40) * DAY_S)
    if rng.random() < 0.2:
        diary.add("follow_up", kata.slug, at + 60, passed=5, total=5, status="passed")
    return at


def kata_tests(kata: Kata) -> list[str]:
    """The names of its tests."""
    source = kata.suite_file().read_text(encoding="utf-8")
    return [line[4:].partition("(")[0] for line in source.splitlines() if line.startswith("def test_")]
