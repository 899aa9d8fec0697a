"""Mutants per second: `python -m harness.bench.mutants [KATA]...`, or with `nox -s bench`. Nothing is asserted here."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.audit.mutate import mutate
from harness.audit.mutation_target import targets
from harness.catalog.load import find_root, load_catalog, select_katas

_KATAS = ("a01", "a03", "a04", "b03")
"""Without names, katas whose suites take little time."""


def main() -> None:
    """Run all mutants of each reference, without the cache, and print how long that took."""
    katas = select_katas(load_catalog(find_root(Path.cwd())), sys.argv[1:] or _KATAS)
    table = Table(
        "suite", "mutants", "score", "wall", "CPU", "mutants per second", "per second of CPU", title="kata mutate"
    )
    for target in targets(katas):
        with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
            begun, cpu_s = time.perf_counter(), _cpu_s()
            (score,) = mutate([target], state=Path(folder))
            wall_s, cpu_s = time.perf_counter() - begun, _cpu_s() - cpu_s
        rates = (f"{score.mutants / seconds:.1f}" for seconds in (wall_s, cpu_s))
        row = (target.name, str(score.mutants), f"{100 * score.score:.0f} %", f"{wall_s:.1f} s", f"{cpu_s:.1f} s")
        table.add_row(*row, *rates)
    Console(highlight=False).print(table)


def _cpu_s() -> float:
    """Seconds of CPU time of this process and of all children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
