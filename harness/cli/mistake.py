"""`kata mistake`: a named mistake as a whole module, and what the suite says of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import is_edition
from harness.cli.practice import KATA_ID, Place, here, show
from harness.core.errors import KataError
from harness.core.model import Kata, Suite
from harness.core.output import put, width, write_output
from harness.practice.solution import NotPassedError, is_free, missing_solution
from harness.subject import mistakes
from harness.subject.resolve import reference_folder

if TYPE_CHECKING:
    from harness.core.model import KataReport


@click.command(name="mistake")
@KATA_ID
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--follow-up", is_flag=True, help="One of the follow-up's.")
@click.option("--run", "is_run", is_flag=True, help="Run the suite against it, and show the result.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the module there.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def mistake_command(
    kata_id: str, name: str | None, follow_up: bool, is_run: bool, output: Path | None, force: bool
) -> None:
    r"""Show a mistake that people make, as a whole module; without NAME list them.

    With --run the exit code is 1 when a test that should catch it does not.

    \b
    Examples:
      kata mistake mse
      kata mistake mse sum_not_mean --run
    """
    place = here()
    kata = place.kata_to_give_away(kata_id)
    _refuse_before_a_pass(place, kata)
    suite = Suite.FOLLOW_UP if follow_up else Suite.OWN
    page = reference_folder(kata, suite) / mistakes.PAGE
    if not page.is_file():
        raise missing_solution(kata, what=f"the page {mistakes.page_name(page)}")
    if name is None:
        if is_run or output:
            raise click.UsageError("which mistake? --run and --output need its NAME")
        _list(page)
        return
    mistake = mistakes.find(page, name)
    source = mistakes.patched(page, mistake)
    if output is not None:
        _write(output, source, force=force)
    if is_run:
        report = _run(place, kata, f"{page}::{name}", suite)
        _conclude(mistake, mistakes.place(page, mistake), report)
    elif output is None:
        put(source)


def _refuse_before_a_pass(place: Place, kata: Kata) -> None:
    """A mistake is next to the reference. Raises `NotPassedError` where learners are, before they have passed."""
    if not is_edition(place.root):
        return
    with place.history_if_any() as history:
        if not is_free(place.state, kata, history):
            raise NotPassedError(
                f"{kata.slug} is not passed, and a mistake is nearly the reference",
                hint=f"`kata submit {kata.id.lower()}` runs it; `kata reveal {kata.id.lower()}` gives up",
            )


def _list(page: Path) -> None:
    found = mistakes.read_page(page)
    column = max((len(mistake.name) for mistake in found.mistakes), default=0)
    for mistake in found.mistakes:
        put(f"{mistake.name:<{column}}  {mistake.sentence}\n")
    for fault in found.faults:
        click.echo(mistakes.fault_sentence(page, fault), err=True)


def _write(output: Path, source: str, *, force: bool) -> None:
    if output.is_dir():
        raise KataError(f"{output} is a folder, expected the name of a file to write")
    if output.exists() and not force:
        raise KataError(f"{output} is there already, and is left as it is", hint="--force overwrites it")
    write_output(output, source)


def _run(place: Place, kata: Kata, choice: str, suite: Suite) -> KataReport:
    from harness.practice.verdict import verdict
    from harness.runner.job import learner_job
    from harness.runner.run import run_jobs

    (report,) = run_jobs([learner_job(kata, choice, "practice", suite)], state=place.state)
    show(verdict(kata, report, None), columns=width())
    return report


def _conclude(mistake: mistakes.Mistake, name: str, report: KataReport) -> None:
    """Say whether the tests that should catch it did. Ends the process with 1 when they did not."""
    from harness.audit.rules import judge_wrong

    put("\n")
    faults = list(judge_wrong(name, mistake.caught_by, report))
    put("\n".join(faults or [f"{name} is caught by {', '.join(mistake.caught_by)}, as it should be"]) + "\n")
    if faults:
        sys.exit(1)
