"""`kata grade` and `kata regrade`: arguments and wiring."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.catalog.load import find_kata, find_root, load_catalog, select_katas
from harness.core.errors import KataError
from harness.isolation.sandbox import PROCESS, SANDBOX, require_sandbox, sandbox_problem

if TYPE_CHECKING:
    from harness.core.model import Catalog, Kata
    from harness.grading.execution import Executor
    from harness.grading.model import Learner, Refusal, SubmissionInfo
    from harness.grading.results import Grade, ResultsFolder
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
    from harness.grading.results import CohortIndex, KataEntry, ResultsFolder

    chosen, executor = _place(player, strict, jobs, scheduler, cluster)
    catalog = load_catalog(find_root(Path.cwd()))
    wanted = select_katas(catalog, katas)
    tables = _weights(roster, weights, catalog)
    learners = read_roster(roster)
    results = ResultsFolder(out)
    tickets, refusals, remarks = _collect_all(learners, wanted, catalog, results, accept_names=accept_names)
    settings = Settings(chosen, seed=seed, with_speed=not no_speed, hold_out=hold_out, workers=jobs)
    grader = Grader(wanted, results, settings, executor=executor)
    try:
        index = CohortIndex(
            learners=tuple(learners),
            katas=tuple(map(KataEntry.of, wanted)),
            keys=tuple(map(grader.key, tickets)),
            refusals=tuple(refusals),
            remarks=tuple(remarks),
            weights=tables,
            created=time.time(),
            dojo=importlib.metadata.version("ml-kata-dojo"),
        )
        results.write_index(index)
        with _progress(len(tickets)) as done:
            grader.grade(tickets, done=done)
    finally:
        grader.close()
    for refusal in (*refusals, *remarks):
        click.echo(f"{refusal.learner}{' ' + refusal.kata if refusal.kata else ''}: {refusal.sentence}", err=True)
    export(results.cohort(), out, USUAL)
    click.echo(f"{len(learners)} learners, {len(tickets)} submissions, {len(refusals)} refusals")
    click.echo(out / "index.html")


def _collect_all(
    learners: Sequence[Learner], wanted: Sequence[Kata], catalog: Catalog, results: ResultsFolder, *, accept_names: bool
) -> tuple[list[SubmissionInfo], list[Refusal], list[Refusal]]:
    """The submissions of all learners, kept in `results`; what was refused; and remarks on what was taken."""
    from harness.grading.collect import collect
    from harness.grading.model import Refusal

    tickets: list[SubmissionInfo] = []
    refusals: list[Refusal] = []
    remarks: list[Refusal] = []
    for learner in learners:
        taken, refused = collect(learner, wanted, catalog=catalog.katas, accept_names=accept_names)
        tickets += map(results.put_submission, taken)
        refusals += refused
        remarks += [Refusal(one.learner, one.kata, one.remark) for one in taken if one.remark]
    return tickets, refusals, remarks


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
        click.echo(f"{sandbox_problem()}: code runs in plain processes, which isolate less", err=True)
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


@click.command(name="regrade")
@click.argument("name")
@click.argument("kata_id", metavar="KATA")
@click.option("--out", type=_FOLDER, default=Path("results"), show_default=True, help="The results folder.")
@click.option("--verbose", "-v", is_flag=True, help="Show every failure, as the learner would see it.")
def regrade_command(name: str, kata_id: str, out: Path, verbose: bool) -> None:
    """Run one case again and show it; the results stay as they are.

    NAME is the learner's name or slug. The run repeats the seed and the isolation of the grade that is kept.
    """
    from harness.grading.results import ResultsFolder

    kata = find_kata(load_catalog(find_root(Path.cwd())), kata_id)
    results = ResultsFolder(out)
    cohort = results.cohort()
    learner = next((one for one in cohort.learners if name in (one.name, one.slug)), None)
    if learner is None:
        raise KataError(f"the roster has no learner called {name!r}", hint="names and slugs are in results.json")
    grade = cohort.grades.get((learner.slug, kata.slug))
    source = results.submission(grade.submission_sha256) if grade else None
    if grade is None or source is None:
        raise KataError(f"{learner.name} has no graded submission of {kata.id}")
    with tempfile.TemporaryDirectory(prefix="kata-regrade-") as folder:
        file = Path(folder) / f"{kata.module}.py"
        file.write_bytes(source)
        arguments = ["--subject", str(file), "--player", grade.mode, "--hypothesis-profile", "grade"]
        arguments += ["--hypothesis-seed", grade.seed] if grade.seed else []
        arguments += ["-p", "no:cacheprovider", "-v" if verbose else "-q", *([] if verbose else ["--tb=no"])]
        done = subprocess.run([sys.executable, "-P", "-m", "pytest", *arguments, str(kata.suite_file())], check=False)
    sys.exit(done.returncode)
