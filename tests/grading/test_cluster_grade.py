"""`kata grade` on real workers: what this machine would have graded, whoever is killed on the way."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core.model import Status
from harness.grading.results import Grade, ResultsFolder
from harness.isolation.sandbox import PROCESS, SANDBOX, sandbox_problem

from checkout import GOOD, ROOT, STUB, Checkout, environment
from clusters import Cluster, wait_until

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="players are started on Linux only, so far")

GRADE = ("grade", "roster.csv", "--player", PROCESS if sandbox_problem() else SANDBOX, "--seed", "7")
SOURCES = {
    "good": GOOD,
    "bad": "def double(x):\n    return x\n",
    "gone": "import os\nos._exit(0)\n",
    "idle": STUB,
    **{f"slow{number}": f"import time\ntime.sleep(1)\n{GOOD}# \u00e9 {number}\n" for number in range(4)},
}


@pytest.fixture
def cohort(checkout: Checkout) -> Checkout:
    """A checkout with a kata and a roster."""
    checkout.add("a01_double")
    (checkout.root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    rows = [("name", "source")]
    for name, source in SOURCES.items():
        rows.append((name, f"forks/{name}"))
        folder = checkout.root / "forks" / name / "katas" / "a01_double"
        folder.mkdir(parents=True)
        (folder / "double.py").write_text(source, encoding="utf-8")
    with (checkout.root / "roster.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return checkout


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler and a worker."""
    (tmp_path / "cluster").mkdir()
    found = Cluster(tmp_path / "cluster")
    try:
        found.start_scheduler()
        found.start_worker("one")
        yield found
    finally:
        found.close()


def begin(checkout: Checkout, *arguments: str) -> subprocess.Popen[str]:
    """`kata grade` in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", *GRADE, *arguments],
        cwd=checkout.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def graded(out: Path) -> dict[Path, int]:
    """The grades of a results folder, and which file each is: one that was written again is another file."""
    return {file: file.stat().st_ino for file in out.glob("grades/??/[0-9a-f]*.json")}


def verdicts(out: Path) -> dict[str, object]:
    """All of the grades that must be the same wherever they were made."""
    return {learner: verdict(grade) for (learner, _), grade in ResultsFolder(out).cohort().grades.items()}


def verdict(grade: Grade) -> object:
    report = grade.report
    tests = [(test.name, test.band, test.outcome, test.failure) for test in report.tests]
    return grade.key, grade.status, grade.mode, grade.unstable, grade.hold_out, report.problem, tests


def test_a_killed_client_and_a_killed_worker_cost_only_what_was_in_flight(cohort: Checkout, cluster: Cluster) -> None:
    out = cohort.root / "far"
    place = ("--scheduler", cluster.address, "--out", "far")
    first = begin(cohort, *place)
    wait_until(lambda: len(graded(out)) >= 2)
    cluster.start_worker("two")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    kept = graded(out)
    assert len(kept) < len(SOURCES)
    wait_until(lambda: not cluster.blobs())  # the workers have noticed
    wait_until(lambda: not cluster.runs())

    second = begin(cohort, *place)
    wait_until(lambda: len(graded(out)) > len(kept))
    cluster.kill(1)
    assert len(graded(out)) < len(SOURCES)
    said, complaints = second.communicate(timeout=100)
    assert second.returncode == 0, complaints
    assert complaints == ""
    assert f"{len(SOURCES)} learners, {len(SOURCES)} submissions" in said
    assert {file: inode for file, inode in graded(out).items() if file in kept} == kept
    assert len(graded(out)) == len(SOURCES)

    local = cohort.kata(*GRADE, "--out", "near")
    assert local.code == 0, local.text
    assert verdicts(out) == verdicts(cohort.root / "near")


def test_a_lost_scheduler_is_a_sentence_and_what_was_graded_is_kept(cohort: Checkout, cluster: Cluster) -> None:
    out = cohort.root / "results"
    process = begin(cohort, "--scheduler", cluster.address)
    wait_until(lambda: len(graded(out)) >= 2)
    cluster.kill(0)
    _, complaints = process.communicate(timeout=100)
    assert process.returncode == 2
    assert complaints.startswith(f"kata: the scheduler at {cluster.address} is gone\n")
    assert len(complaints.splitlines()) == 2
    assert "what was graded is kept" in complaints
    assert 2 <= len(graded(out)) < len(SOURCES)
    assert all(ResultsFolder(out).get(file.stem) for file in graded(out))


def test_a_local_cluster_grades_too_and_is_not_started_for_nothing(cohort: Checkout) -> None:
    names = ("good", "bad", "gone")
    with (cohort.root / "roster.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("name", "source"), *((name, f"forks/{name}") for name in names)])
    done = cohort.kata(*GRADE, "--cluster", "local:1")
    assert done.code == 0, done.text
    assert done.err == ""
    grades = ResultsFolder(cohort.root / "results").cohort().grades
    statuses = [grades[name, "a01_double"].status for name in names]
    assert statuses == [Status.PASSED, Status.IN_PROGRESS, Status.BROKEN]
    again = cohort.kata(*GRADE, "--scheduler", "tcp://127.0.0.1:1")
    assert again.code == 0, again.text  # there is nothing to do, and no scheduler is asked


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--cluster", "local:2", "--jobs", "2"), "--jobs is for this machine"),
        (("--scheduler", "tcp://a:8786", "--cluster", "local:2"), "give one of them"),
        (("--scheduler", "8786"), "'8786' is not a scheduler's address"),
        (("--require-sandbox", "--player", PROCESS), "contradict each other"),
    ],
)
def test_options_that_make_no_sense_are_a_sentence(cohort: Checkout, arguments: tuple[str, ...], sentence: str) -> None:
    done = cohort.kata(*GRADE, *arguments)
    assert done.code == 2, done.text
    assert sentence in done.err
    assert "Traceback" not in done.text
    assert not (cohort.root / "results").exists()
