"""What to do next, and why: what is begun, what is due for review, what other katas build on, what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.catalog.load import is_published_stub
from harness.core.model import Catalog, Kata, KataReport, Outcome, Status
from harness.history.attempt import Attempt, attempts
from harness.history.record import as_card, day_of, last_card, scheduler
from harness.history.store import History

_FRESH_S = 3 * 86400.0
"""For so long, what is begun goes before what is due; after that it can wait for the reviews."""
_END_OF_TIME = 1e11
"""No review is later; whatever says so was written by hand."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The kata to do next."""

    kata: Kata
    reason: str
    """A clause that goes on from "do it, because": `it is begun: 3 of 9 tests pass`."""
    is_review: bool = False
    """It was passed and is due: it is begun from an empty stub."""
    is_begun: bool = False
    """There is something to go on with."""


def review_times(history: History) -> dict[str, float]:
    """When each kata that was passed comes back, seconds since the epoch, by slug."""
    times = {}
    for entry in history.entries("card"):
        due = entry.data.get("due")
        if isinstance(due, int | float) and 0 <= due < _END_OF_TIME:
            times[entry.slug] = float(due)
    return times


def due_reviews(history: History, now: float) -> dict[str, float]:
    """Katas that were passed and are due again, with the time at which they became due; the longest overdue first."""
    due = [(moment, slug) for slug, moment in review_times(history).items() if moment <= now]
    return {slug: moment for moment, slug in sorted(due)}


_NAMED = 2
"""Katas that are named in one reason; of more, all but the first are counted."""


def choose_next(catalog: Catalog, reports: Iterable[KataReport], history: History, now: float) -> Choice | None:
    """The kata to do next, None when all are passed and none is due.

    What is begun comes first, the kata whose clock runs before all others; then reviews, least remembered first; then new katas,
    each after those that it builds on. What has lain for days since it was begun waits for the reviews.
    """
    known = {report.slug: report for report in reports}
    tries = attempts(history)
    statuses = {kata.slug: _status(kata, known.get(kata.slug), tries.get(kata.slug)) for kata in catalog.katas}
    running = history.running()
    for kata in catalog.katas:
        if running is not None and running.slug == kata.slug and statuses[kata.slug] is not Status.PASSED:
            return Choice(kata, "its clock is running", is_begun=True)
    begun = _begun(catalog, known, tries, statuses, now)
    review = _review(catalog, history, now)
    if begun is not None and (review is None or begun[1]):
        return begun[0]
    return review or _new(catalog, statuses, tries)


def _status(kata: Kata, report: KataReport | None, tried: Attempt | None) -> Status:
    """How a kata stands, by its report where there is one, else by what the history and the file say."""
    if report is not None:
        return report.status
    if tried is not None and tried.is_over:
        return Status.PASSED
    try:
        is_empty = is_published_stub(kata, kata.stub.read_bytes())
    except OSError:
        is_empty = True
    return Status.NOT_STARTED if is_empty else Status.IN_PROGRESS


def _begun(
    catalog: Catalog,
    known: Mapping[str, KataReport],
    tries: Mapping[str, Attempt],
    statuses: Mapping[str, Status],
    now: float,
) -> tuple[Choice, bool] | None:
    """The kata that was worked on last, of those that are begun; and whether that is not long ago."""
    begun = [k for k in catalog.katas if _is_begun(statuses[k.slug], tries.get(k.slug))]
    if not begun:
        return None
    moments = {kata.slug: _last_work(kata, tries.get(kata.slug)) for kata in begun}
    kata = max(begun, key=lambda kata: moments[kata.slug])
    is_fresh = now - moments[kata.slug] <= _FRESH_S
    return Choice(kata, f"it is begun: {_how_far(known.get(kata.slug))}", is_begun=True), is_fresh


def _is_begun(status: Status, tried: Attempt | None) -> bool:
    """Code is there and does not pass; or the stub was put back after a pass, to do it once more."""
    if status is Status.NOT_STARTED:
        return tried is not None and tried.is_open_again
    return status is not Status.PASSED


def _last_work(kata: Kata, tried: Attempt | None) -> float:
    """When the kata was last worked on: its last run or reset, else its last save."""
    moments = [moment for moment in (tried.last_run, tried.begun) if moment is not None] if tried is not None else []
    if moments:
        return max(moments)
    try:
        return kata.stub.stat().st_mtime
    except OSError:
        return 0.0


def _how_far(report: KataReport | None) -> str:
    if report is None:
        return "it was not run since it was changed"
    if not report.started:
        return "its stub was put back, to do it once more"
    if report.problem is not None or not report.tests:
        return f"it is {report.status}"
    return f"{report.count(outcome=Outcome.PASSED)} of {len(report.tests)} tests pass"


def most_forgotten(catalog: Catalog, history: History, now: float) -> Kata | None:
    """Of the reviews that are due and not begun, the kata that is least likely to be remembered."""
    return next(iter(_forgotten(catalog, history, now)), None)


def _forgotten(catalog: Catalog, history: History, now: float) -> dict[Kata, float]:
    """Katas whose review is due and not begun, with the chance that they are remembered, the smallest first."""
    due = due_reviews(history, now)
    if not due:
        return {}  # and the scheduler need not be loaded
    judge, today, tries = scheduler(), day_of(now), attempts(history)
    chances = {
        kata: judge.get_card_retrievability(as_card(last_card(history, kata.slug)), today)
        for kata in catalog.katas
        if kata.slug in due and not (kata.slug in tries and tries[kata.slug].is_open_again)
    }
    order = sorted(chances, key=lambda kata: (round(chances[kata], 6), due[kata.slug]))
    return {kata: chances[kata] for kata in order}


def _review(catalog: Catalog, history: History, now: float) -> Choice | None:
    """The kata to review, and how overdue it is."""
    chances = _forgotten(catalog, history, now)
    if not chances:
        return None
    kata, chance = next(iter(chances.items()))
    days = int((now - due_reviews(history, now)[kata.slug]) // 86400)
    since = {0: "today", 1: "since yesterday"}.get(days, f"for {days} days")
    others = f", as {'is' if len(chances) == 2 else 'are'} {len(chances) - 1} more" if len(chances) > 1 else ""
    return Choice(
        kata, f"its review is due {since}{others}; you remember it with a chance of about {chance:.0%}", is_review=True
    )


def _new(catalog: Catalog, statuses: Mapping[str, Status], tries: Mapping[str, Attempt]) -> Choice | None:
    """The first kata that is not started and whose prerequisites were passed at some time."""
    passed = {slug for slug, status in statuses.items() if status is Status.PASSED}
    passed |= {slug for slug, tried in tries.items() if tried.has_passed}
    todo = [kata for kata in catalog.katas if statuses[kata.slug] is Status.NOT_STARTED]
    if not todo:
        return None
    ready = [kata for kata in todo if all(slug in passed or slug not in statuses for slug in kata.requires)]
    if not ready:
        return Choice(todo[0], "it is new, and what it builds on is not passed yet either")
    kata = ready[0]
    later = [other.slug for other in todo if kata.slug in other.requires]
    if len(later) > _NAMED:
        later[_NAMED - 1 :] = [f"{len(later) - _NAMED + 1} others"]
    if later:
        return Choice(kata, f"it is new, and {' and '.join(later)} {'builds' if len(later) == 1 else 'build'} on it")
    if kata.requires:
        return Choice(kata, f"it is new, and builds on {' and '.join(kata.requires)}, which you have passed")
    return Choice(kata, "it is the first of the new ones")
