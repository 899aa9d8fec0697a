"""`kata stats` and `kata history`: arguments and wiring."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.practice import AS_JSON, Place, here
from harness.core.errors import CatalogError
from harness.core.output import check_output, has_blocks, has_color, put, width, write_output

if TYPE_CHECKING:
    from harness.history.quiz import QuestionId
    from harness.history.store import ClockPass, Entry, Interval

_HTML = (".html", ".htm")
_FORMATS = ("json", "csv")


_STATS_HELP = """Show what your history says: attempts, times, missed tests.

A pass after a look at the reference counts as a pass and as given up, and its time and runs are left out. The streak is
days in a row, by this machine's clock, with a run or a pass. The page needs matplotlib, the extra `charts`; it is one file
that makes no requests.

\b
The columns:
  runs/pass   how many runs a pass took (the median)
  in time     passes within the interview clock, of those while it ran
  of clock    the time to a pass as a share of the interview clock (the median)
  good        answers in `kata quiz` graded good or easy

\b
Examples:
  kata stats
  kata stats --html stats.html
  kata stats --json
"""
_HISTORY_HELP = """Show the last things that happened, or export all of them.

The history stays on this machine, in the state folder (`.kata/history.sqlite3`).

\b
Examples:
  kata history
  kata history --last 100
  kata history --json
  kata history export --output history.csv
"""
_EXPORT_HELP = """Write the whole history as JSON or CSV. Nothing leaves the machine.

Both hold everything: entries (runs, passes, hints, reveals, resets, reviews, interviews, quiz answers), the stretches on
the interview clock, and the passes that it has kept. Times are seconds since the epoch. In the table, a text that a
spreadsheet would take for a formula begins with an apostrophe. A file that is there is written over only when its name
ends in the format.

\b
Examples:
  kata history export > history.json
  kata history export --output history.csv
"""


@click.command(name="stats", help=_STATS_HELP)
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write them as a page with charts instead."
)
@AS_JSON
def stats_command(html: Path | None, as_json: bool) -> None:
    """Say what the history says."""
    from harness.stats.compute import make_stats

    check_output(html, _HTML)
    place = here()
    entries, intervals, clock_passes = _read(place)
    stats = make_stats(
        place.catalog,
        entries,
        intervals=intervals,
        clock_passes=clock_passes,
        questions=_questions(place, entries),
        now=time.time(),
        zone=None,
    )
    if html is not None:
        from harness.stats.page import render_page

        write_output(html, render_page(stats))
        click.echo(html, err=as_json)
    if as_json:
        from harness.stats.data import render_json

        put(render_json(stats))
    elif html is None:
        from harness.stats.text import render_stats

        put(render_stats(stats, width=width(), color=has_color(), unicode=has_blocks()))


@click.group(name="history", help=_HISTORY_HELP, invoke_without_command=True)
@click.option(
    "--last", "-n", type=click.IntRange(min=1), default=20, show_default=True, help="How many things to show."
)
@AS_JSON
@click.pass_context
def history_group(context: click.Context, last: int, as_json: bool) -> None:
    """Show the last things that happened."""
    if context.invoked_subcommand is not None:
        return
    from harness.stats.history_text import LONGEST, as_document, as_lines, last_things

    things = last_things(*_read(here()), most=last)
    if as_json:
        put(as_document(things))
        return
    room = width() if sys.stdout.isatty() else LONGEST
    put("".join(f"{line}\n" for line in as_lines(things, width=room)) or "Nothing has happened yet.\n")


@history_group.command(name="export", help=_EXPORT_HELP)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(_FORMATS),
    help="What to write; as the file's name ends when not given, else json.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file, not to stdout."
)
def export_command(form: str | None, output: Path | None) -> None:
    """Write all of it."""
    from harness.history.export import export_csv, export_json

    ending = output.suffix.lower().removeprefix(".") if output else ""
    form = form or (ending if ending in _FORMATS else "json")
    check_output(output, (f".{form}",))
    found = _read(here())
    text = export_csv(*found) if form == "csv" else export_json(*found)
    if output is None:
        _put_exactly(text)
        return
    write_output(output, text)
    click.echo(output)


def _questions(place: Place, entries: list[Entry]) -> set[QuestionId]:
    """The concept questions that can be asked, of katas that were asked about."""
    from harness.catalog.statement import read_debrief_questions
    from harness.history.quiz import QUIZ, QuestionId

    slugs = {entry.slug for entry in entries if entry.kind == QUIZ}
    found: set[QuestionId] = set()
    for kata in place.catalog.katas:
        with contextlib.suppress(CatalogError):
            if kata.slug in slugs:
                found |= {QuestionId(kata.slug, asked.key) for asked in read_debrief_questions(place.root, kata)}
    return found


def _put_exactly(text: str) -> None:
    """UTF-8 with its own line ends, not the terminal's encoding: it is for a file or a program."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()


def _read(place: Place) -> tuple[list[Entry], list[Interval], list[ClockPass]]:
    """All that is in the history; nothing, and no file is made, when there is none yet."""
    if not (place.state / "history.sqlite3").exists():
        return [], [], []
    with place.history() as history:
        return history.entries(), history.intervals(), history.clock_passes()
