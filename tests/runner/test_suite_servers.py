"""Runs that are forked from a session which has collected the suite once: each ends as it would in a session of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness.catalog.load import load_kata
from harness.core.model import KataReport, Outcome, Problem, ProblemKind, Status
from harness.runner import suite_servers
from harness.runner.job import Job
from harness.runner.run import run_jobs

from checkout import GOOD, Checkout

FIRST, SECOND = "test_two_is_four", "test_zero_stays_zero"
ENDS = "import os\n\ndef double(x):\n    os._exit(0)\n"
SUBJECTS = {
    "right": GOOD,
    "wrong": "def double(x):\n    return x\n",
    "no_function": "def halve(x):\n    return x / 2\n",
    "syntax": "def double(x:\n",
    "forbidden": "import sklearn\n" + GOOD,
    "exits_in_a_call": ENDS,
    "exits_at_import": "import os\nos._exit(0)\n" + GOOD,
    "crashes": "import ctypes\n\ndef double(x):\n    ctypes.string_at(0)\n",
    "kills_itself": "import os\n\ndef double(x):\n    os.kill(os.getpid(), 9)\n",
    "loops": "def double(x):\n    while True:\n        pass\n",
    "stops_pytest": "import pytest\n\ndef double(x):\n    pytest.exit('enough', returncode=0)\n",
    "prints": "print('import')\n\ndef double(x):\n    print('x' * 100_000)\n    return 2 * x\n",
}


@pytest.fixture
def subjects(checkout: Checkout) -> dict[str, Path]:
    folder = checkout.root / "subjects"
    folder.mkdir()
    for name, source in SUBJECTS.items():
        (folder / f"{name}.py").write_text(source)
    return {name: folder / f"{name}.py" for name in SUBJECTS}


def jobs_for(checkout: Checkout, files: list[Path], *, only: tuple[str, ...] = ()) -> list[Job]:
    kata = load_kata(checkout.root / "katas" / "a01_double")
    return [Job(kata, str(file), only=only, profile="audit", gated=False) for file in files]


def run(checkout: Checkout, jobs: list[Job], *, workers: int = 3) -> list[KataReport]:
    state = checkout.root / "state"
    state.mkdir(exist_ok=True)
    return run_jobs(jobs, state=state, workers=workers, fresh=True)


def said(report: KataReport) -> tuple[object, ...]:
    """What a report says, without times."""
    tests = [(test.name, test.outcome, test.failure) for test in report.tests]
    return report.status, report.problem, tests, report.started


def test_what_can_happen_to_a_run_is_reported_as_in_a_session_of_its_own(
    checkout: Checkout, subjects: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.add("a01_double")
    jobs = jobs_for(checkout, list(subjects.values()))
    started = count_servers(monkeypatch)
    served = run(checkout, jobs)
    assert len(started) == 1
    monkeypatch.setattr(suite_servers, "can_be_served", lambda _: False)
    alone = run(checkout, jobs)
    assert len(started) == 1
    for name, here, there in zip(subjects, served, alone, strict=True):
        assert said(here) == said(there), name
    passed = [name for name, report in zip(subjects, served, strict=True) if report.status is Status.PASSED]
    assert passed == ["right", "prints"]


def test_what_happens_at_import_is_the_problem_of_one_run(checkout: Checkout, subjects: dict[str, Path]) -> None:
    checkout.add("a01_double")
    sources = {"loops": "while True:\n    pass\n", "removes_itself": "import sys\nsys.modules.pop('double')\n" + GOOD}
    files = [subjects["right"]]
    for name, source in sources.items():
        files.append(checkout.root / "subjects" / f"{name}_at_import.py")
        files[-1].write_text(source)
    right, loops, removes = run(checkout, jobs_for(checkout, files))
    assert right.status is Status.PASSED
    assert loops.problem is not None
    assert loops.problem.kind is ProblemKind.TIMED_OUT
    assert loops.problem.sentence.startswith("a01_double hung while it was imported, at loops_at_import.py:")
    assert removes.problem == Problem(ProblemKind.BROKEN, "the suite cannot be collected: KeyError: 'double'")


def count_servers(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The jobs for which servers are started from now on."""
    started: list[Job] = []
    start = suite_servers.start_suite_server  # type: ignore[attr-defined]

    def counted(job: Job, *rest: object) -> object:
        started.append(job)
        return start(job, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(suite_servers, "start_suite_server", counted)
    return started


def test_only_the_named_tests_are_run_and_expected(checkout: Checkout, subjects: dict[str, Path]) -> None:
    checkout.add("a01_double")
    reports = run(checkout, jobs_for(checkout, [subjects["wrong"], subjects["right"]], only=(SECOND,)))
    assert [[test.name for test in report.tests] for report in reports] == [[SECOND], [SECOND]]
    assert all(report.status is Status.PASSED for report in reports)


USES_ITS_SUBJECT = """
import pytest
import {module} as kata
from harness.suite import check

FOUR = kata.double(2)

@pytest.mark.example
def test_two_is_four():
    check.equal(FOUR, 4, asked="double(2)")
"""


def test_a_suite_that_uses_its_subject_at_import_is_collected_for_each_run(
    checkout: Checkout, subjects: dict[str, Path]
) -> None:
    checkout.add("a01_double", suite=USES_ITS_SUBJECT)
    right, wrong = run(checkout, jobs_for(checkout, [subjects["right"], subjects["wrong"]]))
    assert right.status is Status.PASSED
    assert [test.outcome for test in wrong.tests] == [Outcome.FAILED]


SHARED = """
import os
import pytest
import {module} as kata
from harness.suite import check

@pytest.fixture(scope="module")
def results():
    return [kata.double(2)]

@pytest.mark.example
def test_two_is_four(results, tmp_path, capsys):
    check.equal(results, [4], asked="double(2)")
    (tmp_path / "file").write_text("there")
    print(os.getpid())
    check.equal(capsys.readouterr().out, f"{{os.getpid()}}\\n", asked="the print")
"""


def test_runs_share_neither_fixtures_nor_files_nor_prints(checkout: Checkout, subjects: dict[str, Path]) -> None:
    checkout.add("a01_double", suite=SHARED)
    files = [subjects["right"], subjects["prints"]] * 5
    jobs = [job for i, file in enumerate(files) for job in jobs_for(checkout, [file.with_stem(f"{file.stem}_{i}")])]
    for job, file in zip(jobs, files, strict=True):
        Path(job.choice).write_bytes(file.read_bytes())
    assert {report.status for report in run(checkout, jobs)} == {Status.PASSED}


def test_runs_of_a_suite_server_that_was_killed_are_run_again(checkout: Checkout, subjects: dict[str, Path]) -> None:
    checkout.add("a01_double")
    killer, flag = checkout.root / "subjects" / "kills_its_parent_once.py", checkout.root / "killed"
    once = f"import os, pathlib\nflag = pathlib.Path({str(flag)!r})\nif not flag.exists():\n"
    killer.write_text(f"{once}    flag.touch()\n    os.kill(os.getppid(), 9)\n{GOOD}")
    files = [subjects["right"], killer, subjects["wrong"], subjects["no_function"]]
    reports = run(checkout, jobs_for(checkout, files), workers=2)
    assert flag.exists()
    assert [report.problem for report in reports] == [None] * 4
    assert [report.status is Status.PASSED for report in reports] == [True, True, False, False]


def test_no_process_is_left_behind(checkout: Checkout, subjects: dict[str, Path]) -> None:
    checkout.add("a01_double")
    lingering = checkout.root / "subjects" / "forks.py"
    lingering.write_text(
        "import os, time\n\ndef double(x):\n    if os.fork() == 0:\n        time.sleep(60)\n    return 2 * x\n"
    )
    run(checkout, jobs_for(checkout, [lingering, subjects["right"], subjects["loops"]]))
    deadline = time.monotonic() + 10
    while (left := mentioning(str(checkout.root))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def mentioning(text: str) -> list[str]:
    """Command lines of other processes with `text` in them."""
    lines = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if text in line and int(folder.name) != os.getpid():
            lines.append(line)
    return lines
