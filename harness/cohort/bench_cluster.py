"""What a cluster costs beside the work: `python -m harness.cohort.bench_cluster [COUNT]...`, part of `nox -s bench`.

Submissions are sent to two worker processes on this machine the way `kata grade --cluster local:2` sends them, and answered
after 10 ms instead of a run. Each line is a client process of its own, so that its peak memory is that of this line.
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

from harness.catalog import find_root, load_catalog
from harness.jobs import Job
from harness.model import Band, Kata, KataReport, Outcome, TestResult
from harness.report import dump

if TYPE_CHECKING:
    from harness.cohort.cluster import ClusterExecutor
    from harness.cohort.site import Reply, Task

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
    code = f"from harness.cohort.bench_cluster import say; say({count})"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


def say(count: int) -> None:
    """Do it in this process, and write the outcome on standard output, as JSON."""
    sys.stdout.write(json.dumps(asdict(simulate(count))))


def simulate(count: int) -> Measured:
    """Send `count` submissions and take in their reports; also the peak memory of this process so far.

    The scheduler of a local cluster lives in this process, and is counted.
    """
    from harness.cohort.cluster import ClusterExecutor, local_cluster

    kata = load_catalog(find_root(Path.cwd())).katas[0]
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        executor = ClusterExecutor(local_cluster(WORKERS), work=nap)
        try:
            begun = time.perf_counter()
            _run(executor, kata, Path(folder) / kata.stub.name, count)
            wall_s = time.perf_counter() - begun
        finally:
            executor.close()
    return Measured(count, wall_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _run(executor: ClusterExecutor, kata: Kata, file: Path, count: int) -> None:
    source = kata.stub.read_text(encoding="utf-8")
    sent = 0
    while sent < count or executor.busy:
        while sent < count and executor.room:
            file.write_text(f"{source}\n# learner {sent}\n", encoding="utf-8")
            executor.submit(Job(kata, str(file), seed=sent))
            sent += 1
        executor.wait()


def nap(task: Task) -> Reply:
    """Stands for a run: 10 ms, and a report as long as one of a run is."""
    from harness.cohort.site import Reply

    time.sleep(NAP_S)
    tests = tuple(TestResult(f"test_{number}", Band.LAW, Outcome.PASSED, 0.01) for number in range(_TESTS))
    return Reply(dump(KataReport(task.slug, "submission", tests)))


if __name__ == "__main__":
    main()
