"""Runs that start at once: they say what a run from cold says, whatever the learner's code does to them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.load import load_kata
from harness.core.model import Band, Kata, KataReport, Outcome, ProblemKind, Status, TestResult
from harness.plugin.live_results import FILE, LiveLines
from harness.runner.job import Job
from harness.runner.run import run_jobs
from harness.watch.plan import plan_run
from harness.watch.run import Run
from harness.watch.warm_runs import WarmParent

from checkout import GOOD, Checkout
from watching import WRONG

LAWS = """
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.speed import Contest

@pytest.mark.law
@pytest.mark.parametrize("x", [1, 5])
def test_law(x):
    check.equal(kata.double(x), 2 * x, asked="double")

@pytest.mark.example
def test_two_is_four():
    check.equal(kata.double(2), 4, asked="double(2)")

@pytest.mark.edge
def test_zero_stays_zero():
    check.equal(kata.double(0), 0, asked="double(0)")

@pytest.mark.speed
def test_quick(race):
    race(lambda rng: Contest(lambda: kata.double(1), lambda: sum(range(1000)), lambda: 2), same=check.equal, at_least=0.01,
         versus="a sum", asked="double")
"""


@pytest.fixture(params=[None, False], ids=["as the system has it", "without fork"])
def can_fork(request: pytest.FixtureRequest) -> bool | None:
    found: bool | None = request.param
    return found


@contextlib.contextmanager
def warm_parent(kata: Kata, scratch: Path, can_fork: bool | None = None) -> Iterator[WarmParent]:
    warm = WarmParent(kata, scratch, can_fork=can_fork)
    try:
        yield warm
    finally:
        warm.close()
        assert list(scratch.iterdir()) == [], "a run has left its folder"


def ended(run: Run) -> KataReport:
    while run.report is None:
        run.poll()
        time.sleep(0.005)
    return run.report


def outcomes(report: KataReport) -> list[tuple[str, Band, Outcome]]:
    return [(test.name, test.band, test.outcome) for test in report.tests]


def test_a_warm_run_says_what_the_scoreboard_says(checkout: Checkout, can_fork: bool | None) -> None:
    kata = load_kata(checkout.add("a01_twice", suite=LAWS))
    other = load_kata(checkout.add("a02_thrice", GOOD))
    with warm_parent(kata, checkout.root / "scratch", can_fork) as warm:
        for source in (GOOD, WRONG):
            kata.stub.write_text(source)
            run = warm.begin()
            told = ended(run)
            warm.learn(told)
            expected, _ = run_jobs([Job(kata), Job(other)], state=checkout.root)
            assert outcomes(told) == outcomes(expected)
            assert told.status is expected.status
        assert run.printed["test_two_is_four"] == "called with 2"
        everything = ended(warm.begin(all_bands=True))
        assert everything.tests[-1].outcome is Outcome.FAILED  # it was run: a measured answer is wrong


BAD_ENDS = [
    ("def double(x:\n", ProblemKind.BROKEN, "twice.py is not valid Python in line 1"),
    ("import os\nos._exit(0)\n", ProblemKind.DIED, "is there an os._exit?"),
    ("def double(x):\n    import os\n    os._exit(0)\n", ProblemKind.DIED, "ended the whole process in test_"),
    ("def double(x):\n    while True: pass\n", ProblemKind.TIMED_OUT, "a01_twice hung in test_"),
]


def test_bad_ends_are_sentences_and_the_next_run_is_well(checkout: Checkout) -> None:
    kata = load_kata(checkout.add("a01_twice", suite=LAWS))
    with warm_parent(kata, checkout.root / "scratch") as warm:
        for source, kind, sentence in BAD_ENDS:
            kata.stub.write_text(source)
            told = ended(warm.begin())
            warm.learn(told)
            assert told.problem is not None
            assert told.problem.kind is kind
            assert sentence in told.problem.sentence
        kata.stub.write_text(GOOD)
        assert ended(warm.begin()).status is Status.PASSED


RACED = """
import time
from pathlib import Path
import pytest
import {module} as kata
from harness.suite import check

@pytest.mark.example
def test_two_is_four():
    check.equal(kata.double(2), 4, asked="double(2)")

@pytest.mark.law
def test_that_takes_time():
    time.sleep(1.5)

@pytest.mark.speed
def test_quick():
    tries = Path(__file__).with_name("tries")
    with tries.open("a") as file:
        file.write("x")
    check.true(len(tries.read_text()) >= kata.double(NEEDED), asked="speed", came="slow", expected="fast")
"""


@pytest.mark.parametrize(("needed", "status"), [("1", Status.PASSED), ("5", Status.IN_PROGRESS)])
def test_too_slow_beside_others_is_measured_again_alone(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, needed: str, status: Status
) -> None:
    monkeypatch.setattr("harness.watch.warm_runs.os.cpu_count", lambda: 2)
    kata = load_kata(checkout.add("a01_twice", GOOD, suite=RACED.replace("NEEDED", needed)))
    with warm_parent(kata, checkout.root / "scratch") as warm:
        if warm.children < 2:
            pytest.skip("no fork here: nothing is measured beside anything")
        told = ended(warm.begin())
        assert told.status is status
        assert (kata.folder / "tries").read_text() == "xx"


def test_a_stub_that_deletes_itself_is_still_there_and_run_to_the_end(checkout: Checkout) -> None:
    source = f"import os\nos.remove(__file__)\n{WRONG}"
    kata = load_kata(checkout.add("a01_twice", source, suite=LAWS))
    with warm_parent(kata, checkout.root / "scratch") as warm:
        for _ in range(4):  # in one child, in several, and with speed beside them: whoever comes first takes it away
            told = ended(warm.begin())
            warm.learn(told)
            assert told.status is Status.IN_PROGRESS, told.problem
            assert len(told.tests) == 5
            assert kata.stub.read_text() == source


def test_a_cancelled_run_leaves_neither_child_nor_folder(checkout: Checkout, can_fork: bool | None) -> None:
    pids = checkout.root / "pids"
    source = f"import os, time\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(60)\n"
    kata = load_kata(checkout.add("a01_twice", source))
    with warm_parent(kata, checkout.root / "scratch", can_fork) as warm:
        run = warm.begin()
        while not pids.exists():
            run.poll()
            time.sleep(0.01)
        run.cancel()
        for pid in map(int, pids.read_text().split()):
            assert not is_alive(pid)
        kata.stub.write_text(GOOD)
        assert ended(warm.begin()).status is Status.PASSED


def is_alive(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return False
        except OSError:
            return False
        time.sleep(0.01)
    return True


def test_a_warm_parent_that_dies_is_replaced(checkout: Checkout) -> None:
    kata = load_kata(checkout.add("a01_twice", GOOD))
    with warm_parent(kata, checkout.root / "scratch") as warm:
        assert ended(warm.begin()).status is Status.PASSED
        process = getattr(warm._warm, "_process", None) or warm._warm._spare  # type: ignore[attr-defined]
        process.kill()
        process.wait()
        assert ended(warm.begin()).status is Status.PASSED


@given(st.data(), st.integers(1, 4))
def test_each_test_is_in_one_child(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, children: int
) -> None:
    answers = [f"test_{i}" for i in range(data.draw(st.integers(1, 6)))]
    suite = "".join(f"def {name}(): pass\n" for name in answers)
    suite += "@pytest.mark.speed\ndef test_fast(): pass\n"
    weights = data.draw(st.dictionaries(st.sampled_from(answers), st.floats(0, 0.1)))
    kata = load_kata(Checkout(tmp_path_factory.mktemp("plan") / "checkout").add("a01_twice"))
    kata.suite_file().write_text(suite)
    plan = plan_run(kata, weights, children)
    if children > 1 and len(answers) > 1:
        assert sorted(name for share in plan.answers for name in share) == answers
        assert plan.speed == ("test_fast",)
    else:
        assert (plan.answers, plan.speed) == (((),), ())


def test_lines_that_are_no_results_are_left_out(tmp_path: Path) -> None:
    lines = LiveLines(tmp_path / FILE)
    assert lines.new() == []
    (tmp_path / FILE).write_bytes(
        b'nonsense\n{"name": "test_a", "band": "law", "outcome": "passed"}\n\xff\n{"name": "t'
    )
    (line,) = lines.new()
    assert line.result == TestResult("test_a", Band.LAW, Outcome.PASSED)
    assert lines.new() == []
