"""What a learner's history says: attempts, times against the interview clock, days in a row, tests that are missed.

Pure: the same history gives the same `Stats`. Histories outlive versions and clocks, so nothing in one is taken for granted:
fields that are missing or odd count as unknown, kinds that are unknown are counted and left alone, katas that are gone
from the checkout keep what was done on them, and entries dated after now count everywhere but in the streak.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from statistics import median

from harness.core.model import Catalog, Kata, KataSet
from harness.core.text import clean_text
from harness.history.attempts import KINDS, Attempt, attempts_of, names, number
from harness.history.quiz import QuestionId, QuestionRecord, question_records
from harness.history.store import ClockPass, Entry, Interval
from harness.stats.model import GONE, Day, GroupStats, KataStats, Missed, QuizStats, Stats, Streak

MOST_MISSED = 10
"""Tests that are named as missed most."""
MOST_MISSED_OF_A_KATA = 3
"""Of one kata, so that a long struggle does not hide all the others."""


def make_stats(
    catalog: Catalog,
    entries: Iterable[Entry],
    *,
    intervals: Iterable[Interval] = (),
    clock_passes: Iterable[ClockPass] = (),
    questions: Collection[QuestionId] | None = None,
    now: float,
    zone: tzinfo | None = None,
) -> Stats:
    """What a history says at `now`, in seconds since the epoch.

    Days begin at midnight in `zone`, the machine's own when None. Entries may come in any order: their numbers say
    in which they were written. Of the concept questions, only `questions` can be due, all when it is None: those that
    are reworded or gone are never asked again.
    """
    written = sorted(entries, key=lambda entry: entry.id)
    attempts = attempts_of(written, sorted(clock_passes, key=lambda found: found.id))
    known = {kata.slug: kata for kata in catalog.katas}
    by_slug: dict[str, list[Entry]] = {}
    for entry in written:
        by_slug.setdefault(entry.slug, []).append(entry)
    gone = sorted((set(by_slug) | set(attempts)) - set(known) - {""})
    katas = tuple(
        _kata_stats(slug, known.get(slug), by_slug.get(slug, []), attempts.get(slug, []), zone)
        for slug in [*known, *gone]
    )
    records = question_records(written)
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
        quiz=_quiz("all", records, questions, now),
        quiz_topics=_quiz_topics(catalog, records, questions, now),
        missed=_missed(written),
        days=days,
        streak=_streak({day.date for day in days}, today),
        on_clock_s=sum(_length_s(interval, now) for interval in intervals),
        reviews=sum(kata.reviews for kata in katas),
        interviews=sum(entry.kind == "interview" for entry in written),
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


def _quiz(
    name: str, records: Mapping[QuestionId, QuestionRecord], questions: Collection[QuestionId] | None, now: float
) -> QuizStats:
    due = [identity for identity, record in records.items() if record.due <= now]
    return QuizStats(
        name,
        asked=sum(record.asked for record in records.values()),
        good=sum(record.good for record in records.values()),
        due=sum(questions is None or identity in questions for identity in due),
    )


def _quiz_topics(
    catalog: Catalog,
    records: Mapping[QuestionId, QuestionRecord],
    questions: Collection[QuestionId] | None,
    now: float,
) -> tuple[QuizStats, ...]:
    by_topic: dict[str, dict[QuestionId, QuestionRecord]] = {}
    topics = {kata.slug: kata.topics for kata in catalog.katas}
    for identity, record in records.items():
        for topic in topics.get(identity.slug, ()):
            by_topic.setdefault(topic, {})[identity] = record
    return tuple(_quiz(topic, by_topic[topic], questions, now) for topic in sorted(by_topic))


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
