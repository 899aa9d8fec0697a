"""What a cluster costs beside the work: `python -m harness.bench.cluster [COUNT]...`, part of `nox -s bench`.

Submissions go the whole way that `kata grade --cluster local:2` sends them, from a results folder to two worker processes on
this machine and back into the folder, and are answered after 10 ms instead of a run. Each line is a client process of its
own, so that its peak memory is that of this line.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from harness.catalog.load import find_root, load_catalog
from harness.core.model import Band, KataReport, Outcome, TestResult
from harness.core.report import dump
from harness.grading.grade import Grader, Settings
from harness.grading.model import Submission
from harness.grading.results import ResultsFolder

if TYPE_CHECKING:
    from harness.grading.worker import Reply, Task

COUNTS = (1_000, 10_000)
WORKERS = 2
NAP_S = 0.01
_TESTS = 20
"""Tests in each report that comes back, as many as a suite has."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one client process used."""

    count: int
    wall_s: float
    peak_mib: float

    @property
    def overhead_ms(self) -> float:
        """Milliseconds for each task beyond its nap, the workers' time being shared among them."""
        return (self.wall_s / self.count - NAP_S / WORKERS) * 1000


def main() -> None:
    """Measure and print."""
    counts = tuple(map(int, sys.argv[1:])) or COUNTS
    Console(highlight=False).print(cluster_table(counts))


def cluster_table(counts: tuple[int, ...] = COUNTS) -> Table:
    """A line for each number of submissions."""
    title = f"submissions through {WORKERS} workers on this machine, a task of {NAP_S * 1000:.0f} ms for each"
    table = Table("submissions", "wall time", "overhead a task", "client's peak memory", title=title)
    for measured in map(_measured, counts):
        overhead = f"{measured.overhead_ms:.1f} ms"
        table.add_row(f"{measured.count:,}", f"{measured.wall_s:.1f} s", overhead, f"{measured.peak_mib:.0f} MiB")
    return table


def _measured(count: int) -> Measured:
    code = f"from harness.bench.cluster import say; say({count})"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


def say(count: int) -> None:
    """Do it in this process, and write the outcome on standard output, as JSON."""
    sys.stdout.write(json.dumps(asdict(simulate(count))))


def simulate(count: int) -> Measured:
    """Grade `count` submissions that all differ; also the peak memory of this process so far."""
    from harness.grading.connect import open_local

    kata = load_catalog(find_root(Path.cwd())).katas[0]
    source = kata.stub.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        results = ResultsFolder(Path(folder))
        executor = open_local(WORKERS, work=nap)
        grader = Grader([kata], results, Settings("none"), executor=lambda: executor)
        submissions = (
            Submission(f"learner-{number}", kata.slug, f"{source}\n# {number}\n".encode()) for number in range(count)
        )
        begun = time.perf_counter()
        graded = grader.grade(map(results.put_submission, submissions))
        wall_s = time.perf_counter() - begun
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # before anything is cleared away
        grader.close()
    if graded != count:
        raise RuntimeError(f"{count} submissions were sent, and {graded} graded")
    return Measured(count, wall_s, peak_mib)


def nap(task: Task) -> Reply:
    """Stands for a run: 10 ms, and a report as long as one of a run is."""
    from harness.grading.worker import Reply

    time.sleep(NAP_S)
    tests = tuple(TestResult(f"test_{number}", Band.LAW, Outcome.PASSED, 0.01) for number in range(_TESTS))
    return Reply(dump(KataReport(task.slug, "submission", tests)))


if __name__ == "__main__":
    main()
