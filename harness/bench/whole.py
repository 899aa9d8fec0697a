"""The scoreboard, the audit and grading of 78 katas, beside a loop of plain pytest over the same suites, in one table.

`python -m harness.bench.whole [KATA]... [--katas 78] [--measured N] [--learners 10]`, or with `nox -s bench`. Without names,
made-up katas of the sizes of real ones are measured, with trivially fast tests, so that what shows is the cost of the harness.
With `--measured`, so many of them, and the table has what that comes to for all. Nothing is asserted here.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.audit.plan import Options, Plan
from harness.bench.grading import grade_command
from harness.bench.made_up import write_katas
from harness.catalog.load import find_root, load_catalog, select_katas
from harness.core.model import Kata, Suite
from harness.isolation.sandbox import PROCESS, SANDBOX, sandbox_problem

KATAS = 78
LEARNERS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of wall time of one job of the harness, and of plain pytest for the same suites and subjects."""

    what: str
    harness_s: float
    plain_s: float
    plain_runs: int
    """How often the loop runs pytest; what was not run is reckoned from one round over all suites."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Katas to measure, with a state folder of their own."""

    root: Path
    katas: tuple[Kata, ...]
    state: Path

    def kata(self, *arguments: str) -> float:
        """Seconds that a `kata` command takes. Raises `CalledProcessError` when it fails."""
        return self.run([sys.executable, "-m", "harness.cli.main", *arguments])

    def run(self, command: list[str]) -> float:
        """Seconds that a command takes. Raises `CalledProcessError` when it fails."""
        env = {**os.environ, "KATA_ROOT": str(self.root), "KATA_STATE": str(self.state)}
        begun = time.perf_counter()
        subprocess.run(command, cwd=self.root, env=env, capture_output=True, check=True)
        return time.perf_counter() - begun

    def plain_loop(self, *options: str) -> float:
        """Seconds of one plain pytest after the other, one for each suite, against the references."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--subject", "reference", *options]
        return sum(self.run([*command, str(kata.suite_file())]) for kata in self.katas)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="KATA", help="katas of this checkout (default: made-up ones)")
    parser.add_argument("--katas", type=int, default=KATAS, help=f"how many to extrapolate to (default {KATAS})")
    parser.add_argument("--measured", type=int, default=0, help="how many made-up ones to measure (default: all)")
    parser.add_argument("--learners", type=int, default=LEARNERS, help=f"in the cohort (default {LEARNERS})")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        checkout = _checkout(arguments.names, min(arguments.measured or arguments.katas, arguments.katas), Path(folder))
        console = Console(highlight=False)
        table = table_of(measure(checkout, arguments.learners, console.print), len(checkout.katas), arguments.katas)
        console.print(table)


def _checkout(names: list[str], count: int, folder: Path) -> Checkout:
    state = folder / "state"
    state.mkdir()
    if names:
        root = find_root(Path.cwd())
        return Checkout(root, select_katas(load_catalog(root), names), state)
    root = folder / "checkout"
    write_katas(root, count)
    return Checkout(root, load_catalog(root).katas, state)


def measure(checkout: Checkout, learners: int, show: Callable[[str], object]) -> list[Measured]:
    """Run everything once; `show` is told of each part when it is done."""
    names = [kata.slug for kata in checkout.katas]
    board = ["scoreboard", *names, "--subject", "reference"]
    plain_s, quick_s = checkout.plain_loop(), checkout.plain_loop("-m", "not speed")
    show(f"a loop of plain pytest over {len(names)} suites: {plain_s:.1f} s; without speed tests {quick_s:.1f} s")
    count = len(names)
    found = [
        Measured("scoreboard, all references, cold", checkout.kata(*board, "--fresh"), plain_s, count),
        Measured("scoreboard, nothing changed", checkout.kata(*board), plain_s, count),
    ]
    show(f"scoreboard: {found[0].harness_s:.1f} s, again {found[1].harness_s:.1f} s")
    solutions = [len(Plan(kata, Suite.OWN, Options()).runs) for kata in checkout.katas]
    share = sum(solutions) / count
    audit_s, again_s = (checkout.kata("audit", *names, "--draft") for _ in range(2))
    found.append(Measured(f"audit, {sum(solutions)} solutions", audit_s, share * plain_s, sum(solutions)))
    found.append(Measured("audit, nothing changed", again_s, share * plain_s, sum(solutions)))
    show(f"audit: {audit_s:.1f} s, again {again_s:.1f} s")
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        player = PROCESS if sandbox_problem() else SANDBOX
        command = grade_command(Path(folder), checkout.katas, player, learners)
        graded_s = checkout.run(command)
    what = f"grading of {learners} learners, no speed bands, {player}"
    found.append(Measured(what, graded_s, learners * quick_s, learners * count))
    show(f"grading: {graded_s:.1f} s")
    return found


def table_of(found: list[Measured], measured: int, wanted: int) -> Table:
    """The table, for `wanted` katas, of which so many were measured."""
    factor = wanted / measured
    title = f"{measured} katas measured, {os.cpu_count()} cores, Python {sys.version.split()[0]}"
    table = Table("what", "harness", "loop of plain pytest", "times as fast", f"{wanted} katas, at most", title=title)
    for one in found:
        plain = f"{one.plain_s:.1f} s for {one.plain_runs} runs"
        ratio = f"{one.plain_s / one.harness_s:.1f}"
        table.add_row(one.what, f"{one.harness_s:.1f} s", plain, ratio, _duration(one.harness_s * factor))
    return table


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


if __name__ == "__main__":
    main()
