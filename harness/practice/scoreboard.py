"""What a scoreboard leaves in the history, and takes from it: runs, passes, best times, due reviews, the kata to do next."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from harness.catalog.published_stub import remember_stubs
from harness.core.model import Catalog, Kata, KataReport, Status
from harness.history.attempt import attempts
from harness.history.record import Recorded, record_known_pass, record_run
from harness.history.store import History
from harness.practice.choose import choose_next, due_reviews
from harness.scoreboard.model import Remembered
from harness.scoreboard.render.words import minutes


def remember(
    state: Path, catalog: Catalog, reports: Collection[KataReport], ran: Iterable[str], now: float
) -> Remembered:
    """Note these reports; `ran` has the slugs of those whose suite was really run just now.

    A pass that the cache knows of and the history does not (it was lost, or is younger) is made up for. Raises `StateError` when
    the history can be neither read nor written.
    """
    remember_stubs(state, catalog.katas)
    katas = {kata.slug: kata for kata in catalog.katas}
    ran = set(ran)
    history = History(state)
    try:
        news = [history.notice] if history.notice else []
        tries = attempts(history)
        for report in reports:
            kata = katas[report.slug]
            is_over = report.slug in tries and tries[report.slug].is_over
            recorded = None
            if report.slug in ran:
                recorded = record_run(history, kata, report, trigger="scoreboard", now=now)
            elif report.status is Status.PASSED and not is_over:
                recorded = record_known_pass(history, kata, report)
            if recorded is not None and recorded.spent_s is not None and not recorded.given_up:
                news.append(_words(kata, recorded))
        choice = choose_next(catalog, reports, history, now)
        return Remembered(
            best_times_s=history.best_times_s(),
            due=frozenset(due_reviews(history, now)),
            following=(choice.kata.slug, choice.reason) if choice else ("", ""),
            news=tuple(news),
        )
    finally:
        history.close()


def _words(kata: Kata, recorded: Recorded) -> str:
    return f"{kata.slug} passed in {minutes(recorded.spent_s or 0.0)}"
