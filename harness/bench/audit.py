"""Measure the audit on made-up katas: `python -m harness.bench.audit [--katas 78] [--measured 8]`, a part of `nox -s bench`.

Katas of the sizes that the design asks for are written into a temporary checkout. Their tests are trivially fast, with some laws,
so what is measured is mostly the harness: what real suites take comes on top.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.audit.plan import Options, Plan, PlannedRun, Stage
from harness.audit.run import audit
from harness.audit.table import time_sentence
from harness.bench.made_up import write_katas
from harness.catalog.load import load_catalog
from harness.core.model import Catalog, Suite
from harness.isolation.sandbox import SANDBOX, sandbox_problem
from harness.runner.run import run_jobs

AIM_CORE_S = 0.05
"""Core-seconds of a mistake that is not about speed."""
AIM_TESTS_S = 900
"""Seconds of `nox -s tests` for 78 katas on two cores."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took."""

    wall_s: float
    core_s: float
    """Processor time of this process and of its children."""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--katas", type=int, default=78, help="how many katas to extrapolate to (default 78)")
    parser.add_argument("--measured", type=int, default=0, help="how many to measure (default: all of them)")
    arguments = parser.parse_args()
    count = min(arguments.measured or arguments.katas, arguments.katas)
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        root = Path(folder)
        write_katas(root, count)
        catalog = load_catalog(root)
        table = Table("what", "measured", f"for {arguments.katas} katas", "aim")
        table.title = f"audit of {count} made-up katas, {os.cpu_count()} cores, Python {sys.version.split()[0]}"
        _measure_mistakes(table, catalog, root, arguments.katas / count)
        for player in ("", *([] if sandbox_problem() else [SANDBOX])):
            console.print(_measure_audit(table, catalog, root, player, arguments.katas / count))
        console.print(table)


def _measure_mistakes(table: Table, catalog: Catalog, root: Path, factor: float) -> None:
    """The mistakes that are not about speed, alone."""
    runs = [run for run in _runs(catalog) if run.stage is Stage.MISTAKES]
    state = root / "mistakes"
    state.mkdir()
    cost = _cost(lambda: run_jobs([run.job for run in runs], state=state, fresh=True))
    each_s = cost.core_s / len(runs)
    table.add_row(
        f"{len(runs)} mistakes that are not about speed",
        f"{cost.wall_s:.1f} s, {1 / each_s:.0f} per second and core",
        f"{cost.wall_s * factor:.0f} s",
        f"{1 / AIM_CORE_S:.0f} per second and core",
    )


def _runs(catalog: Catalog) -> list[PlannedRun]:
    return [run for kata in catalog.katas for run in Plan(kata, Suite.OWN, Options()).runs]


def _measure_audit(table: Table, catalog: Catalog, root: Path, player: str, factor: float) -> str:
    """A whole audit with nothing in the cache; returns where its time went. Raises `SystemExit` when it finds a fault."""
    state = root / f"audit-{player or 'plain'}"
    state.mkdir()
    results = []

    def run() -> None:
        results.append(audit(catalog, catalog.katas, state=state, options=Options(player=player), fresh=True))

    cost = _cost(run)
    faults = [f"{audited.kata.slug}: {fault}" for audited in results[0].katas for fault in audited.faults]
    if faults:
        raise SystemExit(f"the made-up katas have faults, so nothing is measured: {faults[0]}")
    what = f"the audit, with one mistake of each band in the {player}" if player else "the audit"
    table.add_row(
        what,
        f"{cost.wall_s:.1f} s, {cost.core_s:.1f} core-seconds",
        f"{cost.wall_s * factor / 60:.1f} min",
        f"{AIM_TESTS_S / 60:.0f} min with the harness's own tests" if player else "",
    )
    return time_sentence(results[0].timing)


def _cost(do: Callable[[], object]) -> Cost:
    begun, before_s = time.monotonic(), _core_s()
    do()
    return Cost(time.monotonic() - begun, _core_s() - before_s)


def _core_s() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


if __name__ == "__main__":
    main()
