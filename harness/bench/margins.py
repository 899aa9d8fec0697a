"""Margins of speed tests on a busy machine: `python -m harness.bench.margins c --runs 10 --busy 2 [--player sandbox]`.

Runs the speed tests of what is right, the reference and the also-right solutions, again and again beside loops that keep cores
busy, each time with other inputs. The table has the least margin of each figure: below 1 the test fails. What is under 1.5 is
marked, because another machine may be noisier than this one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.audit.lint import has_follow_up
from harness.audit.plan import Options, Plan, PlannedRun, RunKind
from harness.catalog.load import find_root, load_catalog, select_katas
from harness.core.errors import KataError
from harness.core.model import Band, Catalog, Kata, KataReport, KataSet, Outcome, Suite
from harness.isolation.sandbox import NONE, PROCESS, SANDBOX
from harness.runner.job import suite_bands
from harness.runner.run import run_jobs

ENOUGH = 1.5
"""What a margin should be at least."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of a speed test, for one solution."""

    kata: str
    test: str
    solution: str
    number: int
    """Of the figures of this test, from 0."""


@dataclass(slots=True)
class Margins:
    """What was measured in several runs."""

    of: dict[Measured, list[float]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[Measured, str] = field(default_factory=dict)
    """The figure with the least margin, for people."""
    broken: list[str] = field(default_factory=list)
    """Sentences on runs and tests that failed for another reason than their figure."""

    def add(self, run: PlannedRun, report: KataReport) -> None:
        """Take in one run."""
        kata = run.job.suite.label(run.job.kata.slug)
        if report.problem is not None:
            self.broken.append(f"{kata}, {run.name}: {report.problem.sentence}")
        for test in report.tests:
            if test.outcome is not Outcome.PASSED and not any(figure.margin < 1 for figure in test.figures):
                came = test.failure.came if test.failure else test.outcome
                self.broken.append(f"{kata}, {run.name}: {test.name}: {came}")
            for number, figure in enumerate(test.figures):
                key = Measured(kata, test.name, run.name, number)
                if figure.margin < min(self.of[key], default=float("inf")) or key not in self.texts:
                    self.texts[key] = figure.text
                self.of[key].append(figure.margin)


def chosen(catalog: Catalog, names: Sequence[str]) -> tuple[Kata, ...]:
    """The katas of these ids and set letters. Raises `UnknownKataError` for a name of neither."""
    sets = {name.upper() for name in names} & set(KataSet)
    others = [name for name in names if name.upper() not in sets]
    found = set(select_katas(catalog, others)) if others else set()
    return tuple(kata for kata in catalog.katas if kata in found or kata.set in sets)


def main() -> None:
    """Measure, and print the table; exit code 1 when a test has failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="+", metavar="KATA", help="ids of katas, or sets")
    parser.add_argument("--runs", type=int, default=10, help="how often each is measured (default 10)")
    parser.add_argument("--busy", type=int, default=2, help="loops that keep cores busy meanwhile (default 2)")
    parser.add_argument("--player", choices=(NONE, PROCESS, SANDBOX), default=NONE, help="where solutions run")
    arguments = parser.parse_args()
    try:
        katas = chosen(load_catalog(find_root(Path.cwd())), arguments.ids)
    except KataError as error:
        parser.error(str(error))
    with busy_loops(arguments.busy):
        margins = measure(katas, runs=arguments.runs, player=arguments.player)
    title = f"margins of {arguments.runs} runs beside {arguments.busy} busy loops, player {arguments.player}"
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    console.print(table_of(margins, title))
    for sentence in margins.broken:
        console.print(sentence, markup=False, soft_wrap=True)
    thin = sum(min(values) < ENOUGH for values in margins.of.values())
    console.print(
        f"{len(margins.of)} figures, {thin} with a margin under {ENOUGH}, {len(margins.broken)} other failures"
    )
    if margins.broken or any(min(values) < 1 for values in margins.of.values()):
        sys.exit(1)


def measure(katas: Sequence[Kata], *, runs: int, player: str = NONE) -> Margins:
    """Run the speed tests of what is right in `katas` so many times, one run at a time, each with another seed."""
    planned = [run for kata in katas for run in _right_runs(kata)]
    margins = Margins()
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        for seed in range(1, runs + 1):
            jobs = [replace(run.job, seed=seed, player=player, store="") for run in planned]
            for run, report in zip(planned, run_jobs(jobs, state=Path(folder), workers=1), strict=True):
                margins.add(run, report)
    return margins


def _right_runs(kata: Kata) -> Iterator[PlannedRun]:
    """The reference and the also-right solutions of each suite that has speed tests, with these tests alone."""
    for suite in Suite:
        speed = tuple(name for name, band in suite_bands(kata, suite).items() if band is Band.SPEED)
        if not speed or (suite is Suite.FOLLOW_UP and not has_follow_up(kata)):
            continue
        for run in Plan(kata, suite, Options()).runs:
            if run.kind in (RunKind.REFERENCE, RunKind.RIGHT):
                yield replace(run, job=replace(run.job, only=speed))


def table_of(margins: Margins, title: str) -> Table:
    """A row for each figure of each test: the least margin of all solutions, and whose that is."""
    table = Table("kata", "test", "least", "median", "of", "the figure then", "", title=title)
    rows: Mapping[tuple[str, str, int], list[Measured]] = _grouped(margins)
    for (kata, test, _), measured in rows.items():
        worst = min(measured, key=lambda each: min(margins.of[each]))
        least = min(margins.of[worst])
        mark = "FAILS" if least < 1 else f"under {ENOUGH}" if least < ENOUGH else ""
        median = statistics.median(margins.of[worst])
        table.add_row(kata, test, _shown(least), _shown(median), worst.solution, margins.texts[worst], mark)
    return table


def _grouped(margins: Margins) -> dict[tuple[str, str, int], list[Measured]]:
    rows: dict[tuple[str, str, int], list[Measured]] = defaultdict(list)
    for each in margins.of:
        rows[each.kata, each.test, each.number].append(each)
    return rows


def _shown(margin: float) -> str:
    return f"{margin:.2f}" if margin < 100 else "over 100"


@contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keep so many cores busy."""
    context = multiprocessing.get_context("spawn")
    loops = [context.Process(target=_burn, daemon=True) for _ in range(count)]
    for loop in loops:
        loop.start()
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.join()


def _burn() -> None:
    while True:
        sum(range(10_000))


if __name__ == "__main__":
    main()
