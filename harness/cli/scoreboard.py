"""`kata scoreboard` and `kata tally`."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from harness.catalog.load import select_katas
from harness.cli.common import FRESH, IDS, JOBS, open_catalog, open_state, show_progress
from harness.core.errors import KataError, StateError
from harness.core.model import Catalog, Kata, KataReport, Status
from harness.core.output import check_output, has_blocks, has_color, put, width, write_output
from harness.scoreboard.model import Remembered, Scoreboard
from harness.scoreboard.render import Format, render
from harness.scoreboard.tally import tally
from harness.subject.resolve import LEARNER

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.runner.job import Event

_SUFFIXES = {
    Format.TERMINAL: (".txt",),
    Format.MARKDOWN: (".md", ".markdown"),
    Format.HTML: (".html", ".htm"),
    Format.JSON: (".json",),
    Format.BADGE: (".json",),
}

P = ParamSpec("P")
R = TypeVar("R")


def _board_options(command: Callable[P, R]) -> Callable[P, R]:
    """The options of every command that shows a scoreboard."""
    options = (
        click.option(
            "--format",
            "-f",
            "form",
            type=click.Choice([form.value for form in Format]),
            default=Format.TERMINAL.value,
            show_default=True,
            help="What to write.",
        ),
        click.option(
            "--output", "-o", type=click.Path(path_type=Path), help="Write to this file, not to the terminal."
        ),
        click.option(
            "--require",
            multiple=True,
            metavar="WHAT",
            help="End with code 1 unless these are passed: sets or katas, like A,b01. May be repeated.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(name="scoreboard")
@IDS
@_board_options
@click.option("--subject", default=LEARNER, show_default=True, help="Whose code: learner, reference, or a folder.")
@click.option("--profile", type=click.Choice(["practice", "ci", "grade"]), help="Hypothesis profile.")
@JOBS
@FRESH
def scoreboard_command(
    ids: tuple[str, ...],
    form: str,
    output: Path | None,
    require: tuple[str, ...],
    subject: str,
    profile: str | None,
    jobs: int | None,
    fresh: bool,
) -> None:
    r"""Run what has changed and show how every kata stands.

    Nothing is run twice: with nothing changed it answers at once. Each run is noted in your history, and a pass stops the clock.
    A kata that you passed and are about to forget is "due". Once a kata passes, its follow-up is run too, for a star.

    \b
    Examples:
      kata scoreboard
      kata scoreboard a1 b2 --fresh
      kata scoreboard --format html --output scoreboard.html
      kata scoreboard --require A,b01      exit code 1 unless these are passed
    """
    from harness.runner.job import EventKind, follow_up_jobs, learner_job
    from harness.runner.run import run_jobs

    base, catalog = open_catalog()
    katas = select_katas(catalog, ids)
    required = _required(catalog, require)
    check_output(output, _SUFFIXES[Format(form)])
    chosen = profile or ("ci" if os.environ.get("CI") else "practice")
    work = [learner_job(kata, subject, chosen) for kata in katas]
    state, ran = open_state(base), set[str]()
    with show_progress() as listener:

        def listen(event: Event) -> None:
            if event.kind is EventKind.FINISHED and event.job is not None:
                ran.add(event.job.kata.slug)
            listener(event)

        reports = run_jobs(work, state=state, workers=jobs, fresh=fresh, listener=listen)
        more = follow_up_jobs(work, reports)
        followed = run_jobs(more, state=state, workers=jobs, fresh=fresh, listener=listener)
    remembered = _remember(state, catalog, reports, ran) if subject == LEARNER else Remembered()
    if subject == LEARNER:
        _note_follow_ups(state, [job.kata for job in more], followed)
    board = tally(
        Catalog(katas, catalog.faults, catalog.paths if not ids else ()),
        [*reports, *followed],
        best_times_s=remembered.best_times_s,
        due=remembered.due,
        following=remembered.following if not ids else None,
        subject=subject,
    )
    _write(board, Format(form), output)
    _finish(board, required)


@click.command(name="tally")
@click.argument("reports", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="REPORT...")
@_board_options
def tally_command(reports: tuple[Path, ...], form: str, output: Path | None, require: tuple[str, ...]) -> None:
    r"""Show a scoreboard from reports that were made elsewhere.

    A REPORT is a JSON file made by this harness, or by pytest --json-report on katas.

    \b
    Example:
      kata tally reports/*.json --format markdown
    """
    from harness.core.report import read

    _, catalog = open_catalog()
    required = _required(catalog, require)
    check_output(output, _SUFFIXES[Format(form)])
    found = []
    known = {kata.slug for kata in catalog.katas}
    for path in reports:
        for report in read(path):
            if report.slug not in known:
                raise KataError(f"{path} is a report of {report.slug}, and there is no such kata in this checkout")
            found.append(report)
    board = tally(catalog, found)
    _write(board, Format(form), output)
    _finish(board, required)


# --- helpers ---------------------------------------------------------------------------------------------------------


def _remember(state: Path, catalog: Catalog, reports: list[KataReport], ran: set[str]) -> Remembered:
    """Note what was run; what comes of it for the scoreboard. Without a usable history, a word on stderr and the board alone."""
    from harness.practice.scoreboard import remember

    try:
        remembered = remember(state, catalog, reports, ran, time.time())
    except StateError as error:
        click.echo(f"the scoreboard is complete, but without the history: {error}", err=True)
        return Remembered()
    for line in remembered.news:
        click.echo(line, err=True)
    return remembered


def _note_follow_ups(state: Path, katas: list[Kata], reports: list[KataReport]) -> None:
    if not reports:
        return
    from harness.history.store import History
    from harness.practice.follow_up import record_follow_up

    with contextlib.suppress(StateError):  # said already, by whoever noted the katas themselves
        history = History(state)
        try:
            for kata, report in zip(katas, reports, strict=True):
                record_follow_up(history, kata, report, time.time())
        finally:
            history.close()


def _required(catalog: Catalog, names: tuple[str, ...]) -> set[str]:
    """Slugs that must be passed, from ids and set letters, separated by commas or spaces."""
    slugs: set[str] = set()
    for name in [part for text in names for part in text.replace(",", " ").split()]:
        of_set = [kata.slug for kata in catalog.katas if kata.set.value == name.upper()]
        slugs |= set(of_set) or {kata.slug for kata in select_katas(catalog, (name,))}
    return slugs


def _write(board: Scoreboard, form: Format, output: Path | None) -> None:
    if output is None:
        put(render(board, form, width=width(), color=has_color(), unicode=has_blocks()))
        return
    write_output(output, render(board, form))


def _finish(board: Scoreboard, required: set[str]) -> None:
    """Exit codes of the scoreboard: 1 when a folder is not usable or a required kata is not passed."""
    missing = [row.slug for row in board.rows if row.slug in required and row.status is not Status.PASSED]
    missing += sorted(required - {row.slug for row in board.rows})
    if missing:
        click.echo(f"required, and not passed: {', '.join(missing)}", err=True)
    if board.faults or missing:
        sys.exit(1)
