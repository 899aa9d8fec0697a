"""`kata grade`: arguments and wiring."""

from __future__ import annotations

import importlib.metadata
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_root, load_catalog, select_katas
from harness.cli.grading_options import MarkingOptions, marking_options
from harness.core.errors import KataError
from harness.isolation.sandbox import PROCESS, SANDBOX, require_sandbox, sandbox_problem, sandbox_refusal

if TYPE_CHECKING:
    from harness.core.model import Catalog, Kata
    from harness.grading.execution import Executor
    from harness.grading.model import Learner, SubmissionInfo
    from harness.grading.results import CohortIndex, Grade, ResultsFolder
    from harness.grading.weights import Tables

_FOLDER = click.Path(path_type=Path)


@click.command(name="grade")
@click.argument("roster", type=_FOLDER)
@click.option("--out", type=_FOLDER, default=Path("results"), show_default=True, help="The results folder.")
@click.option("--katas", multiple=True, metavar="KATA", help="Grade this kata; all when not given. May be repeated.")
@click.option(
    "--player", type=click.Choice([SANDBOX, PROCESS]), help="How code is isolated; the sandbox where there is one."
)
@click.option("--require-sandbox", "strict", is_flag=True, help="Refuse to grade where there is no sandbox.")
@click.option("--hold-out", type=_FOLDER, help="A folder of suites that learners do not have, DIR/a01_mse/test_mse.py.")
@click.option("--accept-names", is_flag=True, help="Take a file under another name when no other can be meant.")
@click.option("--weights", metavar="BAND=N,...", default="", help="Weights of bands: example=1,law=4,edge=3,speed=2.")
@click.option("--no-speed", is_flag=True, help="Leave the speed bands out.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Repeat a run: the hypothesis seed of all suites.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Suites at once; cores and one more when not given.")
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the workers of a Dask scheduler, tcp://host:8786.")
@click.option("--cluster", metavar="local:N", help="Grade on so many worker processes of this machine.")
@marking_options
def grade_command(
    roster: Path,
    out: Path,
    katas: tuple[str, ...],
    player: str | None,
    strict: bool,
    hold_out: Path | None,
    accept_names: bool,
    weights: str,
    no_speed: bool,
    seed: int | None,
    jobs: int | None,
    scheduler: str | None,
    cluster: str | None,
    marking: MarkingOptions,
) -> None:
    """Grade everybody on a roster.

    ROSTER is a CSV file (name, source, and optionally ref and group), a folder of folders, or a folder of zips. Results
    are kept in the results folder, one file each: a run that was ended goes on, and a second one costs nothing.
    A weights.toml beside ROSTER gives weights of bands for all katas, [default], and for single ones, [a01_mse].

    With --scheduler or --cluster suites run on the workers of dask.distributed, which need this package and no shared
    disk. They do what a client tells them: keep scheduler and workers in a network that you trust, or use tls://.
    """
    from harness.grading.collect import read_roster
    from harness.grading.export.options import USUAL
    from harness.grading.export.write import export
    from harness.grading.grade import Grader, Settings
    from harness.grading.results import ResultsFolder

    policy = marking.policy()
    chosen, executor = _place(player, strict, jobs, scheduler, cluster)
    catalog = load_catalog(find_root(Path.cwd()))
    wanted = select_katas(catalog, katas)
    tables = marking.with_due(_weights(roster, weights, catalog))
    learners = read_roster(roster)
    results = ResultsFolder(out)
    found = _collect_all(learners, wanted, catalog, results, accept_names=accept_names)
    settings = Settings(chosen, seed=seed, with_speed=not no_speed, hold_out=hold_out, workers=jobs)
    grader = Grader(wanted, results, settings, executor=executor)
    try:
        keys = tuple(map(grader.key, found.tickets))
        index = replace(found.index, learners=tuple(learners), keys=keys, weights=tables, late=policy)
        results.write_index(index)
        with _progress(len(found.tickets)) as done:
            grader.grade(found.tickets, done=done)
    finally:
        grader.close()
    for refusal in (*index.refusals, *index.remarks):
        click.echo(f"{refusal.learner}{' ' + refusal.kata if refusal.kata else ''}: {refusal.sentence}", err=True)
    _say_timeless(index, found.tickets)
    export(marking.shown(results.cohort(), out, out), out, marking.forms(USUAL, were_named=False))
    click.echo(f"{len(learners)} learners, {len(found.tickets)} submissions, {len(index.refusals)} refusals")
    click.echo(out / "index.html")


@dataclass(frozen=True, slots=True)
class _Collected:
    """What was handed in, and the beginning of an index: katas, refusals, remarks, and when things were handed in."""

    tickets: list[SubmissionInfo]
    index: CohortIndex


def _collect_all(
    learners: Sequence[Learner], wanted: Sequence[Kata], catalog: Catalog, results: ResultsFolder, *, accept_names: bool
) -> _Collected:
    """The submissions of all learners, kept in `results`."""
    from harness.grading.collect import collect
    from harness.grading.model import Refusal
    from harness.grading.results import CohortIndex, KataEntry

    tickets: list[SubmissionInfo] = []
    refusals: list[Refusal] = []
    remarks: list[Refusal] = []
    times: dict[str, float] = {}
    for learner in learners:
        taken, refused = collect(learner, wanted, catalog=catalog.katas, accept_names=accept_names)
        tickets += map(results.put_submission, taken)
        refusals += refused
        remarks += [Refusal(one.learner, one.kata, one.remark) for one in taken if one.remark]
        times |= {f"{one.learner}/{one.kata}": one.submitted for one in taken if one.submitted is not None}
    index = CohortIndex(
        learners=(),
        katas=tuple(map(KataEntry.of, wanted)),
        refusals=tuple(refusals),
        remarks=tuple(remarks),
        times=times,
        created=time.time(),
        dojo=importlib.metadata.version("ml-kata-dojo"),
    )
    return _Collected(tickets, index)


def _say_timeless(index: CohortIndex, tickets: Sequence[SubmissionInfo]) -> None:
    """Say that lateness is not known where there is a deadline and no time."""
    from harness.grading.weights import Weights

    weights = Weights(index.weights)
    due = {learner.slug for learner in index.learners if learner.due is not None}
    asked = [one for one in tickets if one.learner in due or weights.due(one.kata) is not None]
    missing = [one for one in asked if f"{one.learner}/{one.kata}" not in index.times]
    if missing:
        click.echo(
            f"{len(missing)} of {len(asked)} submissions with a deadline have no time: they count as handed in in time "
            "(the roster's column submitted gives one)",
            err=True,
        )


def _weights(roster: Path, option: str, catalog: Catalog) -> Tables:
    """The weights of `weights.toml` beside the roster and of `--weights`. Raises `WeightsError`."""
    from harness.grading.weights import FILE, parse_option, read_weights, with_option

    tables = read_weights(roster.absolute().parent / FILE, {kata.slug for kata in catalog.katas})
    return with_option(tables, parse_option(option))


def _place(
    player: str | None, strict: bool, jobs: int | None, scheduler: str | None, cluster: str | None
) -> tuple[str, Callable[[], Executor] | None]:
    """How code is isolated, and what makes that which runs the suites: None is this machine."""
    if strict and player == PROCESS:
        raise KataError("--require-sandbox and --player process contradict each other")
    if scheduler is not None or cluster is not None:
        from harness.grading.connect import executor_for

        if jobs is not None:
            raise KataError(
                "--jobs is for this machine, and says nothing to a cluster",
                hint="how many suites run at once there is up to its workers: their number, and --nthreads of each",
            )
        chosen = player or SANDBOX  # which the workers must have; whether this machine has one is of no interest
        return chosen, executor_for(scheduler, cluster, chosen)
    chosen = player or (PROCESS if sandbox_problem() and not strict else SANDBOX)
    if chosen == SANDBOX:
        require_sandbox()
    elif not player:
        found = sandbox_refusal()
        click.echo(f"{sandbox_problem()}: code runs in plain processes, which isolate less", err=True)
        click.echo(f"      {found.remedy if found else ''}", err=True)
    return chosen, None


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Grade], None]]:
    """A bar with an estimate in a terminal; over a pipe, nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, speed_estimate_period=600) as progress:
        task = progress.add_task("", total=total)
        yield lambda grade: progress.update(task, advance=1, description=f"{grade.learner} {grade.kata}"[:60])
