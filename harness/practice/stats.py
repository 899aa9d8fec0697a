"""What a learner's history says: attempts, times against the interview clock, days in a row, tests that are missed.

Pure: the same history gives the same `Stats`. Histories outlive versions and clocks, so nothing in one is taken for granted:
fields that are missing or odd count as unknown, kinds that are unknown are counted and left alone, katas that are gone
from the checkout keep what was done on them, and entries dated after now count everywhere but in the streak.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from statistics import median

from harness.history import ClockPass, Entry, Interval
from harness.model import Catalog, Kata, KataSet
from harness.plain import clean_text
from harness.practice.attempts import KINDS, Attempt, Green, attempts_of, names, number

MOST_MISSED = 10
"""Tests that are named as missed most."""
MOST_MISSED_OF_A_KATA = 3
"""Of one kata, so that a long struggle does not hide all the others."""


@dataclass(frozen=True, slots=True)
class KataStats:
    """What was done on one kata."""

    slug: str
    id: str
    title: str
    set: KataSet | None
    """None when the kata is not in this checkout."""
    minutes: int | None
    """The interview clock; None when the kata is not in this checkout."""
    topics: tuple[str, ...]
    attempts: int
    """Passed, dropped (reset before a pass) and open ones."""
    dropped: int
    open: bool
    """Whether an attempt is begun and neither passed nor dropped."""
    runs: int
    hints: int
    given_up: int
    """Attempts in which the reference was revealed before the pass."""
    reviews: int
    """Passes from an empty stub after the first."""
    first_passed: date | None
    """The local day of the first pass."""
    greens: tuple[Green, ...]
    """Its passes, by their time."""
    starred: bool
    """Whether the interviewer's follow-up has passed, too."""
    due_s: float | None
    """When it comes back, in seconds since the epoch; None when no review is planned."""

    @property
    def timed(self) -> tuple[Green, ...]:
        """Passes with a time on the clock, those after a look at the reference left out."""
        return tuple(green for green in self.greens if green.spent_s is not None and not green.given_up)

    @property
    def shares(self) -> tuple[float, ...]:
        """The times of `timed` as shares of the interview clock; empty when that is not known."""
        return tuple((green.spent_s or 0.0) / (60.0 * self.minutes) for green in self.timed) if self.minutes else ()

    @property
    def runs_to_green(self) -> tuple[int, ...]:
        """Runs that each pass took, where that is known and the reference was not revealed before."""
        return tuple(green.runs for green in self.greens if green.runs is not None and not green.given_up)


@dataclass(frozen=True, slots=True)
class GroupStats:
    """What was done on several katas: a set, a topic, or all."""

    name: str
    katas: int
    passed: int
    attempts: int
    runs: int
    greens: int
    """Passes, reviews among them."""
    timed: int
    """Passes with a time on a clock that is known."""
    within: int
    """Those of them that took no longer than the interview clock."""
    share: float | None
    """The median time to green as a share of the interview clock."""
    runs_to_green: float | None
    """The median number of runs that a pass took."""
    hints: int
    given_up: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A test that runs did not pass."""

    slug: str
    test: str
    runs: int
    """Runs in which it failed."""
    of: int
    """Runs of its kata."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day on which something was run or passed."""

    date: date
    runs: int
    passes: int


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row with a run or a pass."""

    days: int
    """Up to today, or up to yesterday when there is nothing of today yet."""
    today: bool
    """Whether today is among them."""
    longest: int


@dataclass(frozen=True, slots=True)
class Stats:
    """All that is shown."""

    today: date
    katas: tuple[KataStats, ...]
    """Those of the checkout in its order, then those that are gone, by slug; all that were tried or are there."""
    all: GroupStats
    sets: tuple[GroupStats, ...]
    """A group a set, and one for katas that are gone when there are such; together they are `all`."""
    topics: tuple[GroupStats, ...]
    """By name; a kata is in each of its topics."""
    missed: tuple[Missed, ...]
    days: tuple[Day, ...]
    streak: Streak
    on_clock_s: float
    """All time on the interview clock, passed or not."""
    reviews: int
    due: tuple[str, ...]
    """Slugs of katas whose review is due."""
    entries: int
    strange: int
    """Entries of kinds that this version does not know."""
    ahead: int
    """Entries dated after now: the system clock was ahead then, or is behind now."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever run or passed."""
        return not self.days and not self.all.runs and not self.all.greens


GONE = "gone"
"""The name of the group of katas that are not in this checkout."""


def make_stats(
    catalog: Catalog,
    entries: Iterable[Entry],
    *,
    intervals: Iterable[Interval] = (),
    clock_passes: Iterable[ClockPass] = (),
    now: float,
    zone: tzinfo | None = None,
) -> Stats:
    """What a history says at `now`, in seconds since the epoch.

    Days begin at midnight in `zone`, the machine's own when None. Entries may come in any order: their numbers say
    in which they were written.
    """
    written = sorted(entries, key=lambda entry: entry.id)
    attempts = attempts_of(written, sorted(clock_passes, key=lambda found: found.id))
    known = {kata.slug: kata for kata in catalog.katas}
    gone = sorted(({entry.slug for entry in written if entry.slug} | set(attempts)) - set(known))
    katas = tuple(
        _kata_stats(
            slug, known.get(slug), [entry for entry in written if entry.slug == slug], attempts.get(slug, []), zone
        )
        for slug in [*known, *gone]
    )
    today = _day(now, zone) or date(1970, 1, 1)
    days = _days(written, katas, zone)
    return Stats(
        today=today,
        katas=katas,
        all=_group("all", katas),
        sets=_sets(katas),
        topics=tuple(
            _group(topic, [kata for kata in katas if topic in kata.topics])
            for topic in sorted({topic for kata in katas for topic in kata.topics})
        ),
        missed=_missed(written),
        days=days,
        streak=_streak({day.date for day in days}, today),
        on_clock_s=sum(_length_s(interval, now) for interval in intervals),
        reviews=sum(kata.reviews for kata in katas),
        due=tuple(kata.slug for kata in katas if kata.set and kata.due_s is not None and kata.due_s <= now),
        entries=len(written),
        strange=sum(entry.kind not in KINDS for entry in written),
        ahead=sum(entry.at > now for entry in written),
    )


def _kata_stats(
    slug: str, kata: Kata | None, entries: Sequence[Entry], attempts: Sequence[Attempt], zone: tzinfo | None
) -> KataStats:
    kinds = Counter(entry.kind for entry in entries)
    greens = sorted((attempt.green for attempt in attempts if attempt.green), key=lambda green: green.at)
    due = [number(entry.data.get("due")) for entry in entries if entry.kind == "card"]
    return KataStats(
        slug=slug,
        id=kata.id if kata else clean_text(slug.partition("_")[0].upper()),
        title=kata.title if kata else clean_text(slug),
        set=kata.set if kata else None,
        minutes=kata.minutes if kata else None,
        topics=kata.topics if kata else (),
        attempts=len(attempts),
        dropped=sum(attempt.dropped for attempt in attempts),
        open=any(attempt.green is None and not attempt.dropped for attempt in attempts),
        runs=kinds["run"],
        hints=kinds["hint"],
        given_up=sum(attempt.given_up for attempt in attempts),
        reviews=sum(green.review for green in greens),
        first_passed=_day(greens[0].at, zone) if greens else None,
        greens=tuple(greens),
        starred=any(entry.kind == "follow_up" and entry.data.get("status") == "passed" for entry in entries),
        due_s=due[-1] if due else None,
    )


def _sets(katas: Sequence[KataStats]) -> tuple[GroupStats, ...]:
    groups = [
        _group(kata_set.value, [kata for kata in katas if kata.set is kata_set])
        for kata_set in KataSet
        if any(kata.set is kata_set for kata in katas)
    ]
    gone = [kata for kata in katas if kata.set is None]
    return (*groups, _group(GONE, gone)) if gone else tuple(groups)


def _group(name: str, katas: Sequence[KataStats]) -> GroupStats:
    shares = [share for kata in katas for share in kata.shares]
    runs_to_green = [runs for kata in katas for runs in kata.runs_to_green]
    return GroupStats(
        name=name,
        katas=len(katas),
        passed=sum(bool(kata.greens) for kata in katas),
        attempts=sum(kata.attempts for kata in katas),
        runs=sum(kata.runs for kata in katas),
        greens=sum(len(kata.greens) for kata in katas),
        timed=len(shares),
        within=sum(share <= 1 for share in shares),
        share=median(shares) if shares else None,
        runs_to_green=float(median(runs_to_green)) if runs_to_green else None,
        hints=sum(kata.hints for kata in katas),
        given_up=sum(kata.given_up for kata in katas),
    )


def _missed(entries: Iterable[Entry]) -> tuple[Missed, ...]:
    """Tests by the runs in which they failed. One that fails at the start alone soon falls behind one that resists."""
    runs: Counter[str] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if entry.kind == "run" and entry.slug:
            runs[entry.slug] += 1
            failed.update((entry.slug, name) for name in set(names(entry.data.get("failed"))))
    found = [Missed(slug, test, number, runs[slug]) for (slug, test), number in failed.items()]
    found.sort(key=lambda missed: (-missed.runs, missed.of, missed.slug, missed.test))
    named: Counter[str] = Counter()
    kept = []
    for missed in found:
        named[missed.slug] += 1
        if named[missed.slug] <= MOST_MISSED_OF_A_KATA:
            kept.append(missed)
    return tuple(kept[:MOST_MISSED])


def _days(entries: Iterable[Entry], katas: Iterable[KataStats], zone: tzinfo | None) -> tuple[Day, ...]:
    runs = Counter(_day(entry.at, zone) for entry in entries if entry.kind == "run" and entry.slug)
    passes = Counter(_day(green.at, zone) for kata in katas for green in kata.greens)
    dates = sorted(day for day in {*runs, *passes} if day is not None)
    return tuple(Day(day, runs[day], passes[day]) for day in dates)


def _streak(days: set[date], today: date) -> Streak:
    last = today.toordinal()
    practised = {day.toordinal() for day in days if day <= today}

    def length(end: int) -> int:
        """Days in a row that end with this one."""
        found = 0
        while end - found in practised:
            found += 1
        return found

    ends = [day for day in practised if day + 1 not in practised]
    is_today = last in practised
    return Streak(length(last if is_today else last - 1), is_today, max(map(length, ends), default=0))


def _day(at: float, zone: tzinfo | None) -> date | None:
    """The local day of a moment; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(at, zone).date()  # without a zone: the machine's own
    except (ValueError, OverflowError, OSError):
        return None


def _length_s(interval: Interval, now: float) -> float:
    length = (now if interval.ended is None else interval.ended) - interval.begun
    return max(0.0, length) if math.isfinite(length) else 0.0
