"""Measure grading and print a table: `python -m harness.bench.grading [KATA]...`, the second half of `nox -s bench`."""

from __future__ import annotations

import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.catalog.load import find_root, load_catalog, select_katas
from harness.core.model import Kata
from harness.isolation.sandbox import PROCESS, SANDBOX, sandbox_problem
from harness.subject.resolve import reference_folder

LEARNERS = 60
_REPEATS = 3


def main() -> None:
    """Measure everything and print it."""
    root = find_root(Path.cwd())
    katas = select_katas(load_catalog(root), sys.argv[1:])
    player = PROCESS if sandbox_problem() else SANDBOX
    console = Console(highlight=False)
    table = Table(
        "suite", "in pytest's process", player, "over 1.5 times + 0.2 s", title="one refereed run of a reference"
    )
    for kata in katas:
        here_s, there_s = (_run(root, kata, where) for where in ("none", player))
        excess_s = there_s - (1.5 * here_s + 0.2)
        table.add_row(kata.slug, f"{here_s:.2f} s", f"{there_s:.2f} s", f"{excess_s:+.2f} s" if excess_s > 0 else "no")
    console.print(table)
    console.print(_throughput(root, katas, player))
    console.print(_memory(root, katas[:1], player))


def _run(root: Path, kata: Kata, player: str, *more: str) -> float:
    """Seconds of wall time of one suite against the reference, the median of a few runs."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--subject", "reference"]
    command += ["--player", player, *more, str(kata.suite_file())]
    times = []
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        subprocess.run(command, cwd=root, capture_output=True, check=False)
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _throughput(root: Path, katas: tuple[Kata, ...], player: str) -> Table:
    """Grade many submissions without their speed bands, against a loop that runs plain pytest for each."""
    table = Table(
        "",
        "measured",
        "wanted",
        title=f"{LEARNERS} learners, {len(katas)} katas, no speed bands, {os.cpu_count()} cores",
    )
    plain_s = LEARNERS * sum(_run(root, kata, "none", "-m", "not speed") for kata in katas)
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        command = grade_command(Path(folder), katas, player, LEARNERS)
        begun = time.perf_counter()
        subprocess.run(command, cwd=root, capture_output=True, check=True)
        graded_s = time.perf_counter() - begun
        begun = time.perf_counter()
        subprocess.run(command, cwd=root, capture_output=True, check=True)
        again_s = time.perf_counter() - begun
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    table.add_row("a loop of plain pytest, from one run each", f"{plain_s:.0f} s", "")
    table.add_row("kata grade", f"{graded_s:.0f} s, {plain_s / graded_s:.1f} times as fast", "6 times")
    table.add_row("kata grade, once more", f"{again_s:.1f} s", "immediate")
    table.add_row("peak memory of any process", f"{peak_mib:.0f} MiB", "")
    return table


def _memory(root: Path, katas: tuple[Kata, ...], player: str) -> Table:
    """The grader's own memory, for a cohort and for one four times as large."""
    table = Table("learners", "peak memory of the grader", title=", ".join(kata.slug for kata in katas))
    for learners in (LEARNERS, 4 * LEARNERS):
        with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
            command = grade_command(Path(folder), katas, player, learners)
            grader = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            peak_kib = 0
            while grader.poll() is None:
                peak_kib = max(peak_kib, _peak_kib(grader.pid))
                time.sleep(0.05)
            if grader.returncode:
                raise subprocess.CalledProcessError(grader.returncode, command)
        table.add_row(str(learners), f"{peak_kib / 1024:.1f} MiB")
    return table


def _peak_kib(pid: int) -> int:
    """The most memory that a process has had, as the kernel tells it; 0 when it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def grade_command(folder: Path, katas: tuple[Kata, ...], player: str, learners: int) -> list[str]:
    """What grades so many learners, who are made in `folder`."""
    roster = write_cohort(folder, katas, learners)
    command = [sys.executable, "-m", "harness.cli.main", "grade", str(roster), "--out", str(folder / "results")]
    return [*command, "--no-speed", "--player", player, *(part for kata in katas for part in ("--katas", kata.slug))]


def write_cohort(folder: Path, katas: tuple[Kata, ...], learners: int) -> Path:
    """Learners who have all solved everything, each in words of their own, so that nothing comes from a cache."""
    rows = [("name", "source")]
    for number in range(learners):
        rows.append((f"learner-{number}", f"learner-{number}"))
        for kata in katas:
            target = folder / f"learner-{number}" / "katas" / kata.slug / f"{kata.module}.py"
            target.parent.mkdir(parents=True)
            source = (reference_folder(kata) / target.name).read_text(encoding="utf-8")
            target.write_text(f"{source}\n# learner {number}\n", encoding="utf-8")
    with (folder / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return folder / "roster.csv"


if __name__ == "__main__":
    main()
