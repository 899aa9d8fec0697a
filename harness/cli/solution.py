"""Commands that end an attempt: `submit`, `reveal`, `diff`."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from harness.cli.practice import AS_JSON, KATA_ID, KATA_OR_CURRENT, YES, confirm, here, noted, put_json, show
from harness.core.model import Kata, Status
from harness.core.output import has_color, put, width
from harness.practice.solution import (
    CODE_THEME,
    Pair,
    Solution,
    is_free,
    mistakes_text,
    passing_code,
    read_solution,
    repairs_text,
    side_by_side,
    unified,
    ways_text,
    without_docstrings,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.runner.job import Listener

_WIDE = 120
"""From this width on, two columns of code are readable."""


@click.command(name="submit")
@KATA_OR_CURRENT
@AS_JSON
def submit_command(kata_id: str, as_json: bool) -> None:
    r"""Run the whole suite of a kata, and have the result recorded.

    The speed band is run too, when the answers are right.

    The exit code is 0 when the kata passes, and 1 when it does not.

    \b
    Examples:
      kata submit mse
      kata submit mse --json && git commit -am "mse passes"
    """
    from harness.history.record import Recorded, record_run
    from harness.practice.verdict import document, verdict
    from harness.runner.job import learner_job
    from harness.runner.run import run_jobs
    from harness.subject.resolve import LEARNER

    place = here()
    kata = place.kata(kata_id)
    job = learner_job(kata, LEARNER, "practice")
    with _watching(kata) as listener:
        (report,) = run_jobs([job], state=place.state, fresh=True, listener=listener)
    recorded = None
    if report.started:

        def note() -> Recorded:
            with place.history() as history:
                return record_run(history, kata, report, trigger="submit", now=time.time())

        recorded = noted(note)
    if as_json:
        put_json(document(kata, report, recorded))
    else:
        show(verdict(kata, report, recorded))
    if report.status is not Status.PASSED:
        sys.exit(1)


@contextlib.contextmanager
def _watching(kata: Kata) -> Iterator[Listener]:
    """What is going on, on stderr in a terminal; over a pipe only what must be known."""
    if not sys.stderr.isatty():
        yield lambda event: click.echo(event.text, err=True) if event.kind == "waiting" else None
        return
    from rich.console import Console

    with Console(stderr=True, markup=False, emoji=False).status(f"running {kata.suite_file().name}") as status:
        yield lambda event: status.update(f"{kata.slug} {event.text}"[:70]) if event.text else None


_WAY = click.option("--way", metavar="NAME", default="", help="Another way to solve it, in place of the reference.")


@click.command(name="reveal")
@KATA_ID
@_WAY
@YES
@AS_JSON
def reveal_command(kata_id: str, way: str, yes: bool, as_json: bool) -> None:
    r"""Show the reference, its debrief, and the mistakes people make.

    After a pass it is free, and only then it shows the mistakes and other ways. Before, it asks first, and the attempt counts
    as given up: the time is not a personal best, and the kata comes back soon.

    \b
    Examples:
      kata reveal mse
      kata reveal mse --yes | less
      kata reveal mse --way loop
    """
    place = here()
    kata = place.kata_to_give_away(kata_id)
    solution = read_solution(kata)
    with place.history_if_any() as history:
        is_given_up = not is_free(place.state, kata, history)
        if is_given_up:
            confirm(f"{kata.slug} is not passed. Give this attempt up and see the reference?", yes=yes)
        if history is not None:
            book = history
            noted(lambda: book.add("reveal", kata.slug, time.time(), given_up=is_given_up))
    if is_given_up:  # they come back, and the suite's questions are still to be theirs
        solution = replace(solution, mistakes=(), ways=())
    if way:
        put(solution.way(way).source)
        return
    if as_json:
        put_json({"slug": kata.slug, "given_up": is_given_up, **_document(solution)})
        return
    _show_solution(kata, solution)


def _document(solution: Solution) -> dict[str, Any]:
    found = [
        {
            "name": mistake.name,
            "description": mistake.description,
            "base": mistake.base,
            "diff": mistake.diff,
            "caught_by": mistake.caught_by,
        }
        for mistake in solution.mistakes
    ]
    repairs = [{"name": each.name, "description": each.description, "diff": each.diff} for each in solution.repairs]
    ways = [{"name": way.name, "summary": way.summary, "source": way.source} for way in solution.ways]
    return {
        "reference": solution.reference,
        "debrief": solution.debrief,
        "mistakes": found,
        "repairs": repairs,
        "ways": ways,
    }


def _show_solution(kata: Kata, solution: Solution) -> None:
    found = repairs_text(solution), solution.debrief, ways_text(kata, solution), mistakes_text(solution)
    texts = [text for text in found if text]
    if not sys.stdout.isatty():
        put("\n\n".join(f"{text.rstrip()}\n" for text in (solution.reference, *texts)))
        return
    from rich.console import Group
    from rich.markdown import Markdown
    from rich.rule import Rule
    from rich.syntax import Syntax

    columns = min(width(), 100)
    parts: list[RenderableType] = [Rule(f"{kata.id} {kata.title}: the reference"), ""]
    parts.append(Syntax(solution.reference.rstrip(), "python", theme=CODE_THEME, word_wrap=True))
    for text in texts:
        parts += ["", Rule(), "", Markdown(text, hyperlinks=False, code_theme=CODE_THEME)]
    show(Group(*parts), columns=columns)


@click.command(name="diff")
@KATA_OR_CURRENT
@click.option(
    "--side-by-side/--unified",
    "-s/-u",
    "beside",
    default=None,
    help="Two columns, or as `diff -u` has it; by default two columns where the terminal has 120.",
)
@_WAY
@click.option("--docstrings", is_flag=True, help="Compare docstrings too.")
@AS_JSON
def diff_command(kata_id: str, beside: bool | None, way: str, docstrings: bool, as_json: bool) -> None:
    r"""Show your passing code beside the reference.

    If the file as it is now does not pass, it is the last attempt that did. Docstrings are left out.

    \b
    Examples:
      kata diff mse
      kata diff mse --side-by-side
      kata diff mse --way loop
    """
    place = here()
    kata = place.kata_to_give_away(kata_id)
    own = passing_code(place.state, kata)
    solution = read_solution(kata)
    reference = solution.way(way).source if way else solution.reference
    if not docstrings and not as_json:
        own, reference = without_docstrings(own), without_docstrings(reference)
    if as_json:
        put_json({"slug": kata.slug, "own": own, "reference": reference})
    elif beside or (beside is None and sys.stdout.isatty() and width() >= _WIDE):
        show(_columns(list(side_by_side(own, reference)), way or "reference"))
    else:
        for line in unified(own, reference, kata.stub.name, label=way or "reference"):
            put(_colored(line) + "\n")


def _colored(line: str) -> str:
    if not has_color():
        return line
    colors = {"+": "green", "-": "red", "@": "cyan"}
    is_head = line.startswith(("+++", "---"))
    return click.style(line, fg=None if is_head else colors.get(line[:1]), bold=is_head)


def _columns(pairs: list[Pair], label: str) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 0), expand=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(width=1)
    table.add_column(ratio=1, overflow="fold")
    table.add_row(Text("yours", style="bold"), "", Text(label, style="bold"))
    for pair in pairs:
        mark = (
            " "
            if pair.is_same
            else "|"
            if None not in (pair.own, pair.reference)
            else "<"
            if pair.own is not None
            else ">"
        )
        own = Text(pair.own or "", style="" if pair.is_same else "red")
        reference = Text(pair.reference or "", style="" if pair.is_same else "green")
        table.add_row(own, Text(mark, style="dim"), reference)
    return table
