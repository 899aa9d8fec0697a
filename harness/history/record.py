"""What a run leaves in the history: the run, the pass that ends an attempt, and when the kata comes back.

The scheduler is FSRS (https://github.com/open-spaced-repetition/py-fsrs), as Anki has it. It asks how well something was
remembered; here that is read off time, hints and runs, so that learners do not grade themselves.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from harness.core.errors import StateError
from harness.core.model import Kata, KataReport, Outcome, Status
from harness.history.attempt import Attempt, attempt
from harness.history.snapshots import keep
from harness.history.store import History

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

_MOST_FAILED = 50
"""Names of failed tests that a run keeps."""
_LONGEST_DAYS = 365
_DAY_BEGINS_S = 4 * 3600.0
"""After midnight: whoever works late is still at it on the day before."""


class Grade(IntEnum):
    """How well a kata was remembered, in the numbers of FSRS."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


@dataclass(frozen=True, slots=True)
class Recorded:
    """What there is to say about a run that was noted."""

    spent_s: float | None
    """Seconds on the interview clock to this pass, None when it did not run or nothing was passed."""
    best_s: float | None
    """The least seconds to a pass there are, this one among them."""
    first_pass: bool
    """It is the first pass of this kata ever."""
    ends_attempt: bool = False
    """It is a pass, and the attempt had not passed before."""
    due: float | None = None
    """When the kata comes back, seconds since the epoch; only where the attempt ends."""
    given_up: bool = False
    """The reference was seen before, in the same attempt: `spent_s` does not count."""


def record_run(
    history: History, kata: Kata, report: KataReport, *, trigger: str, now: float, source: bytes | None = None
) -> Recorded:
    """Note a run of the whole suite, and what follows from it when it passed; code that ends an attempt is kept.

    `source` is the code that was run, the learner's file as it is now when it is not given. An empty stub leaves nothing.
    Raises `StateError` when the history cannot be written; then nothing of it is.
    """
    if not report.started:
        return Recorded(None, history.best_times_s().get(kata.slug), first_pass=False)
    failed = dict.fromkeys(
        test.name.partition("[")[0] for test in report.tests if test.outcome is Outcome.FAILED
    )  # in the order of the suite, each once
    with history.together():
        history.add(
            "run",
            kata.slug,
            now,
            trigger=trigger,
            status=report.status.value,
            passed=report.count(outcome=Outcome.PASSED),
            total=len(report.tests),
            failed=list(failed)[:_MOST_FAILED],
            duration_s=round(report.duration_s, 3),
        )
        if report.status is Status.PASSED and attempt(history, kata.slug).is_over:
            history.abandon(kata.slug, now)  # a clock that runs after the pass measures nothing
        recorded = _end_attempt(history, kata, report, now)
    if recorded.ends_attempt:
        _keep_code(history, kata, source)
    return recorded


def record_known_pass(history: History, kata: Kata, report: KataReport) -> Recorded:
    """End the attempt at `kata` if this report, from a run that was made before, passes it and that is not noted yet.

    A report from before the attempt began does not: that code had passed already.
    """
    with history.together():
        begun = attempt(history, kata.slug).begun
        if begun is not None and report.created < begun:
            return Recorded(None, history.best_times_s().get(kata.slug), first_pass=False)
        recorded = _end_attempt(history, kata, report, report.created)
    if recorded.ends_attempt:
        _keep_code(history, kata, None)
    return recorded


def _end_attempt(history: History, kata: Kata, report: KataReport, now: float) -> Recorded:
    """Note the pass where there is one."""
    with history.together():
        present = attempt(history, kata.slug)
        if report.status is not Status.PASSED or present.is_over:
            return Recorded(None, history.best_times_s().get(kata.slug), first_pass=False)
        was_passed = present.has_passed or kata.slug in history.best_times_s()
        spent_s = _close_clock(history, kata.slug, now, has_given_up=present.has_given_up)
        due = _note_pass(history, kata, present, spent_s, now, was_passed=was_passed)
        best_s = history.best_times_s().get(kata.slug)
    given_up = present.has_given_up
    return Recorded(spent_s, best_s, first_pass=not was_passed, ends_attempt=True, due=due, given_up=given_up)


def _keep_code(history: History, kata: Kata, source: bytes | None) -> None:
    """Keep what has passed beside the history. Where that fails it is still in the learner's own file."""
    with contextlib.suppress(OSError, StateError):
        keep(history.path.parent, kata, kata.stub.read_bytes() if source is None else source, has_passed=True)


def _close_clock(history: History, slug: str, now: float, *, has_given_up: bool) -> float | None:
    """Seconds to this pass. After a look at the reference, the time is kept with the pass but is not a personal best."""
    if has_given_up:
        return history.abandon(slug, now) or None
    return history.record_pass(slug, now)


def _note_pass(
    history: History, kata: Kata, present: Attempt, spent_s: float | None, now: float, *, was_passed: bool
) -> float:
    history.add(
        "pass",
        kata.slug,
        now,
        spent_s=spent_s,
        runs=present.runs,
        hints=present.hints,
        given_up=present.has_given_up,
        first=not was_passed,
        review=was_passed,
    )
    rating = grade(kata, present, spent_s)
    card = schedule(last_card(history, kata.slug), rating, now)
    due = card.due.timestamp()
    history.add("card", kata.slug, now, rating=int(rating), card=card.to_dict(), due=due)
    return due


def grade(kata: Kata, present: Attempt, spent_s: float | None) -> Grade:
    """How well the kata was known.

    Again: only with the reference. Easy: in half the interview clock, without hints, in a few runs. Hard: over the clock, or with
    two hints or more, or with many runs. Good: all else; without a clock it is never easy.
    """
    share = None if spent_s is None else spent_s / (60 * kata.minutes)
    if present.has_given_up:
        return Grade.AGAIN
    if present.hints >= 2 or present.runs > 30 or (share is not None and share > 1):
        return Grade.HARD
    if present.hints == 0 and present.runs <= 8 and share is not None and share <= 0.5:
        return Grade.EASY
    return Grade.GOOD


def last_card(history: History, slug: str) -> Mapping[str, Any] | None:
    """The newest FSRS card of a kata, None when it has none."""
    entries = history.entries("card", slug=slug)
    card = entries[-1].data.get("card") if entries else None
    return card if isinstance(card, dict) else None


def schedule(before: Mapping[str, Any] | None, rating: Grade, now: float) -> Card:
    """The card after this review; a damaged one is begun anew.

    It counts in days as people do: a kata of Tuesday evening that comes back after one day is due on Wednesday morning.
    """
    from fsrs import Rating

    card, _ = scheduler().review_card(as_card(before), Rating(int(rating)), day_of(now))
    return card


def day_of(now: float) -> datetime:
    """The beginning of the day of `now` by this machine's clock, which is at four in the morning."""
    there = time.localtime(now - _DAY_BEGINS_S)
    midnight = time.mktime((there.tm_year, there.tm_mon, there.tm_mday, 0, 0, 0, 0, 0, -1))
    return datetime.fromtimestamp(midnight + _DAY_BEGINS_S, UTC)


def scheduler() -> Scheduler:
    """The same answer every time, and days only: a kata is not repeated within ten minutes."""
    from fsrs import Scheduler

    return Scheduler(learning_steps=(), relearning_steps=(), maximum_interval=_LONGEST_DAYS, enable_fuzzing=False)


def as_card(data: Mapping[str, Any] | None) -> Card:
    """An FSRS card from what the history keeps of it, a new one when there is nothing or nothing usable."""
    from fsrs import Card

    if data is not None:
        try:
            return Card.from_dict(data)  # type: ignore[arg-type]  # the history is outside, and checked by the attempt
        except (KeyError, TypeError, ValueError):
            pass
    return Card(card_id=1, due=datetime.fromtimestamp(0, UTC))
