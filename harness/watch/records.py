"""What a watch asks of the learner's files and history: clock, hints, passes, the next kata. Each answer is for the screen.

Nothing here ends a session: what cannot be had raises `KataError`, which the watch shows as one line.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from harness.catalog.load import find_kata, load_catalog
from harness.core.errors import KataError, StateError
from harness.core.model import Catalog, Kata, KataReport, ProblemKind, Status, Suite
from harness.core.report import dump
from harness.core.state import write_atomically
from harness.history.store import History
from harness.practice.clock import start_clock
from harness.practice.hints import Hint
from harness.practice.status import kata_statuses, known_reports
from harness.runner.job import digest, learner_job
from harness.subject.resolve import LEARNER
from harness.watch.kata_list import KataList
from harness.watch.view import Clock, Page, PassSummary

if TYPE_CHECKING:
    from rich.console import RenderableType

Refuse = Callable[[Path, Kata], None]
P = ParamSpec("P")
R = TypeVar("R")


class NothingToShowError(KataError):
    """Something was asked for that this kata does not have."""


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Turn what SQLite and the disk may say into a `StateError`."""

    def guard(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except sqlite3.Error as error:
            raise StateError(f"the history cannot be used: {error}") from error
        except OSError as error:
            raise StateError(f"cannot write to the state folder: {error.strerror or error}") from error

    return guard


class LearnerRecords:
    """One learner, one checkout."""

    def __init__(self, root: Path, state: Path, history: History, refuse: Refuse) -> None:
        """`refuse` raises `KataError` for a kata of which nothing may be given away now, because an interview asks it."""
        self._root = root
        self._refuse = refuse
        self._state = state
        self._history = history

    # --- katas ---

    def catalog(self) -> Catalog:
        """The katas as they are now."""
        return load_catalog(self._root)

    def reload(self, kata: Kata) -> Kata:
        """The kata as its `kata.toml` is now."""
        return find_kata(self.catalog(), kata.slug)

    def reports(self) -> list[KataReport]:
        """What is known of katas without running anything."""
        return known_reports(self.catalog().katas, self._state)

    @guarded
    def next_kata(self, current: Kata | None, now: float) -> tuple[Kata, str]:
        """Another kata to do, and why. Raises `NothingToShowError` when there is none."""
        from harness.practice.choose import choose_next

        choice = choose_next(self.catalog(), self.reports(), self._history, now)
        if choice is None:
            raise NothingToShowError(f"every kata is passed, and {self._next_review(now)}; l selects one of all")
        begin = f"`kata review {choice.kata.id.lower()}` begins it from the empty stub, and keeps your code"
        if current is not None and choice.kata.slug == current.slug and choice.is_review:
            raise NothingToShowError(f"{current.slug} comes first: {choice.reason}. {begin}; l selects another one")
        if current is not None and choice.kata.slug == current.slug:
            stop = ", c stops it" if self.running() == current.slug else ""
            raise NothingToShowError(
                f"{current.slug} comes first, until it passes: {choice.reason}{stop}; l selects another one"
            )
        if choice.is_review:
            return choice.kata, f"{choice.reason}. {begin}"
        return choice.kata, choice.reason

    def _next_review(self, now: float) -> str:
        from harness.practice.choose import review_times

        later = [moment for moment in review_times(self._history).values() if moment > now]
        if not later:
            return "no review is planned"
        day = time.localtime(min(later))
        return f"the next review is due on {time.strftime('%a', day)} {day.tm_mday} {time.strftime('%b', day)}"

    # --- history ---

    @guarded
    def running(self) -> str:
        """The slug of the kata whose clock runs, empty when none does."""
        running = self._history.running()
        return running.slug if running is not None else ""

    @guarded
    def clock(self, kata: Kata, now: float) -> Clock | None:
        """The interview clock of this kata, None when it never ran since the last pass."""
        running = self._history.running()
        spent_s = self._history.spent_s(kata.slug, now)
        is_running = running is not None and running.slug == kata.slug
        return Clock(float(int(spent_s)), is_running) if is_running or spent_s else None

    @guarded
    def toggle_clock(self, kata: Kata, now: float) -> str:
        """Start or stop the clock; what was done. Raises `ClockError` when another's runs, or there is nothing to time."""
        running = self._history.running()
        if running is not None and running.slug == kata.slug:
            self._history.stop(now)
            return "the clock is stopped"
        start_clock(self._state, kata, self._history, now)
        return f"the clock runs: {kata.minutes} min"

    @guarded
    def record(self, kata: Kata, report: KataReport, source: bytes, now: float) -> PassSummary | None:
        """Keep the report where the scoreboard finds it and note the run; what to say when it passed."""
        from harness.history.record import record_run
        from harness.practice.follow_up import invitation

        if report.problem is not None and report.problem.kind is ProblemKind.KILLED:
            return None  # a kill from outside is not the learner's doing alone
        job = learner_job(kata, LEARNER, "practice")
        write_atomically(self._state / job.store, dump(replace(report, digest=digest(job, source))))
        recorded = record_run(self._history, kata, report, trigger="watch", now=now, source=source)
        if report.status is not Status.PASSED:
            return None
        return PassSummary(
            recorded.spent_s,
            recorded.best_s,
            recorded.first_pass,
            recorded.due,
            more=invitation(kata),
            given_up=recorded.given_up,
        )

    @guarded
    def record_follow_up(self, kata: Kata, report: KataReport, source: bytes, now: float) -> None:
        """Keep the report of the follow-up where the scoreboard finds it, and note the run."""
        from harness.practice.follow_up import record_follow_up

        if report.problem is not None and report.problem.kind is ProblemKind.KILLED:
            return
        job = learner_job(kata, LEARNER, "practice", Suite.FOLLOW_UP)
        write_atomically(self._state / job.store, dump(replace(report, digest=digest(job, source))))
        record_follow_up(self._history, kata, report, now)

    @guarded
    def hint(self, kata: Kata, now: float) -> Hint:
        """One hint more, noted; after the last one the last one again."""
        from harness.practice.hints import next_hint

        self._refuse(self._state, kata)
        return next_hint(self._state, kata, self._history, now)

    @guarded
    def is_free(self, kata: Kata) -> bool:
        """Whether the reference may be seen without giving up."""
        from harness.practice.solution import is_free

        return is_free(self._state, kata, self._history)

    # --- pages ---

    def statement(self, kata: Kata) -> Page:
        """What the kata asks."""
        from rich.markdown import Markdown

        from harness.catalog.statement import read_statement

        return Page(f"{kata.id} {kata.title}", Markdown(read_statement(kata)))

    @guarded
    def reveal(self, kata: Kata, now: float, *, given_up: bool) -> Page:
        """The reference and what there is to say about it. Before a pass it is not shown unless that can be noted."""
        from rich.console import Group
        from rich.markdown import Markdown
        from rich.syntax import Syntax

        from harness.practice.solution import CODE_THEME, read_solution, repairs_text

        self._refuse(self._state, kata)
        solution = read_solution(kata)
        code = Syntax(solution.reference, "python", theme=CODE_THEME, background_color="default", word_wrap=True)
        parts: list[RenderableType] = [code]
        if solution.repairs:
            parts += ["", Markdown(repairs_text(solution))]
        if solution.debrief:
            parts += ["", Markdown(solution.debrief)]
        try:
            self._history.add("reveal", kata.slug, now, given_up=given_up)
        except StateError:
            if given_up:
                raise
        return Page(f"{kata.id} {kata.title}: the reference", Group(*parts))

    @guarded
    def board(self, current: Kata, now: float) -> KataList:
        """All katas and how they stand, to select one from."""
        found = kata_statuses(self.catalog().katas, self._state, self._history, now)
        slugs = [one.kata.slug for one in found]
        if not slugs:
            raise NothingToShowError("there are no katas here any more")
        place = slugs.index(current.slug) if current.slug in slugs else 0
        return KataList(tuple(one.kata for one in found), tuple(one.words for one in found), place)
