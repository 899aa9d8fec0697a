"""What a watch asks of the learner's files and history: clock, hints, passes, the next kata. Each answer is for the screen.

Nothing here ends a session: what cannot be had raises `KataError`, which the watch shows as one line.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from harness.catalog import find_kata, load_catalog
from harness.errors import KataError, StateError
from harness.history import History
from harness.jobs import cached_report, digest, learner_job, without_a_run
from harness.model import Catalog, Kata, KataReport, ProblemKind, Status
from harness.practice.view import Clock, Page, Triumph
from harness.report import dump
from harness.state import write_atomically
from harness.subject import LEARNER, reference_folder

if TYPE_CHECKING:
    from rich.console import RenderableType

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


class Desk:
    """One learner, one checkout."""

    def __init__(self, root: Path, state: Path, history: History) -> None:
        self._root = root
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
        known = []
        for kata in self.catalog().katas:
            job = learner_job(kata, LEARNER, "practice")
            report = without_a_run(job) or cached_report(job, digest(job), self._state)
            if report is not None:
                known.append(report)
        return known

    @guarded
    def next_kata(self, current: Kata | None, now: float) -> tuple[Kata, str]:
        """Another kata to do, and why. Raises `NothingToShowError` when there is none."""
        from harness.practice.choose import choose_next

        choice = choose_next(self.catalog(), self.reports(), self._history, now)
        if choice is None:
            raise NothingToShowError("every kata is passed, and none is due")
        if current is not None and choice.kata.slug == current.slug:
            raise NothingToShowError(f"{current.slug} is the one to do: {choice.reason}")
        if choice.is_review:
            begin = f"`kata reset {choice.kata.id.lower()}` begins it from an empty stub, and keeps your code"
            return choice.kata, f"{choice.reason}. {begin}"
        return choice.kata, choice.reason

    # --- history ---

    @guarded
    def clock(self, kata: Kata, now: float) -> Clock | None:
        """The interview clock of this kata, None when it never ran since the last pass."""
        running = self._history.running()
        spent_s = self._history.spent_s(kata.slug, now)
        is_running = running is not None and running.slug == kata.slug
        return Clock(float(int(spent_s)), is_running) if is_running or spent_s else None

    @guarded
    def toggle_clock(self, kata: Kata, now: float) -> str:
        """Start or stop the clock; what was done. Raises `ClockError` when another kata's clock runs."""
        running = self._history.running()
        if running is not None and running.slug == kata.slug:
            self._history.stop(now)
            return "the clock is stopped"
        self._history.start(kata.slug, now)
        return f"the clock runs: {kata.minutes} min"

    @guarded
    def record(self, kata: Kata, report: KataReport, source: bytes, now: float) -> Triumph | None:
        """Keep the report where the scoreboard finds it and note the run; what to say when it passed."""
        from harness.practice.record import record_run

        if report.problem is not None and report.problem.kind is ProblemKind.KILLED:
            return None  # whatever killed it was not the learner's doing alone
        job = learner_job(kata, LEARNER, "practice")
        write_atomically(self._state / job.store, dump(replace(report, digest=digest(job, source))))
        recorded = record_run(self._history, kata, report, trigger="watch", now=now)
        if report.status is not Status.PASSED:
            return None
        return Triumph(recorded.spent_s, recorded.best_s, recorded.first_pass, recorded.due)

    @guarded
    def hint(self, kata: Kata, now: float) -> tuple[int, int, str]:
        """One hint more: its number, how many there are, and what it says. After the last one, the last one again."""
        from harness.practice.attempt import attempt
        from harness.practice.statement import read_hints

        hints = read_hints(kata)
        if not hints:
            raise NothingToShowError(f"{kata.slug} has no hints")
        with self._history.together():
            taken = attempt(self._history, kata.slug).hints
            number = min(taken + 1, len(hints))
            if taken < len(hints):
                self._history.add("hint", kata.slug, now, number=number)
        return number, len(hints), hints[number - 1]

    @guarded
    def has_passed(self, kata: Kata) -> bool:
        """Whether this attempt at the kata has passed, so that its reference is free to see."""
        from harness.practice.attempt import attempt

        return attempt(self._history, kata.slug).is_over

    # --- pages ---

    def statement(self, kata: Kata) -> Page:
        """What the kata asks."""
        from rich.markdown import Markdown

        return Page(f"{kata.id} {kata.title}", Markdown(_read(kata.folder / "README.md")))

    @guarded
    def reveal(self, kata: Kata, now: float, *, given_up: bool) -> Page:
        """The reference and what there is to say about it. Before a pass it is not shown unless that can be noted."""
        from rich.console import Group
        from rich.markdown import Markdown
        from rich.syntax import Syntax

        folder = reference_folder(kata)
        source = _read(folder / f"{kata.module}.py")
        parts: list[RenderableType] = [
            Syntax(source, "python", theme="ansi_dark", background_color="default", word_wrap=True)
        ]
        if (folder / "debrief.md").is_file():
            parts += ["", Markdown(_read(folder / "debrief.md"))]
        try:
            self._history.add("reveal", kata.slug, now, given_up=given_up)
        except StateError:
            if given_up:
                raise
        return Page(f"{kata.id} {kata.title}: the reference", Group(*parts))

    def board(self) -> Page:
        """All katas and how they stand."""
        from rich.table import Table

        statuses = {report.slug: report.status for report in self.reports()}
        table = Table.grid(padding=(0, 2, 0, 0))
        for kata in self.catalog().katas:
            status = statuses.get(kata.slug)
            table.add_row(kata.id, kata.title, f"{kata.minutes} min", status.value if status else "to be run")
        return Page("The katas", table)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NothingToShowError(f"there is no {path.name} for {path.parent.name} in this checkout") from None
    except (OSError, UnicodeDecodeError) as error:
        raise NothingToShowError(f"{path.name} cannot be read: {error}") from error
