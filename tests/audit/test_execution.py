"""What is in doubt because other runs were on the machine is run once more alone, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.audit import execution
from harness.audit.execution import Executed, execute
from harness.audit.plan import Options, Plan, PlannedRun, RunKind
from harness.catalog.load import load_catalog
from harness.core.model import Band, Failure, FailureKind, Figure, FigureKind, KataReport, Outcome, Suite, TestResult
from harness.runner.job import Job

from checkout import Checkout
from complete_katas import complete

FAST = Figure(FigureKind.RACE, "a loop", 10.0, 3.0, "10x as fast as a loop")
THIN = Figure(FigureKind.RACE, "a loop", 3.1, 3.0, "3.1x as fast as a loop")
SLOW = Figure(FigureKind.RACE, "a loop", 1.0, 3.0, "1.0x as fast as a loop")


def reported(run: PlannedRun, figure: Figure = FAST) -> KataReport:
    """A report in which all is as it should be, but for the figure of the speed test."""

    def result(name: str, *figures: Figure, is_red: bool, kind: FailureKind, band: Band) -> TestResult:
        failure = Failure("asked", "came", mistake="not doubled", kind=kind) if is_red else None
        return TestResult(name, band, Outcome.FAILED if is_red else Outcome.PASSED, 0.1, failure, figures)

    is_stub = run.kind is RunKind.STUB
    is_wrong = bool(run.job.only) and "test_two_is_four" in run.job.only
    kind = FailureKind.NOT_IMPLEMENTED if is_stub else FailureKind.WRONG
    tests = [result("test_two_is_four", is_red=is_stub or is_wrong, kind=kind, band=Band.EXAMPLE)]
    is_slow = is_stub or figure.margin < 1
    kind = FailureKind.NOT_IMPLEMENTED if is_stub else FailureKind.SLOW
    tests.append(result("test_is_fast", figure, is_red=is_slow, kind=kind, band=Band.SPEED))
    kept = [test for test in tests if not run.job.only or test.name in run.job.only]
    return KataReport("a01_double", run.job.choice, tuple(kept))


@pytest.fixture
def plan(checkout: Checkout) -> Plan:
    complete(checkout)
    return Plan(load_catalog(checkout.root).katas[0], Suite.OWN, Options(player="process"))


def run(
    plan: Plan, beside: dict[str, Figure], alone: dict[str, Figure], monkeypatch: pytest.MonkeyPatch
) -> tuple[Executed, list[PlannedRun]]:
    """Execute a plan whose runs show these figures, by the names of the subjects; what was run alone."""
    by_job = {each.job: each for run in plan.runs for each in (run, run.alone)}
    ran_alone: list[PlannedRun] = []

    def run_jobs(jobs: Sequence[Job], **_: object) -> list[KataReport]:
        planned = [by_job[job] for job in jobs]
        ran_alone.extend(each for each in planned if each.job.gated)
        figures = [(alone if each.job.gated else beside).get(key(each), usual(each)) for each in planned]
        return [reported(*both) for both in zip(planned, figures, strict=True)]

    monkeypatch.setattr(execution, "run_jobs", run_jobs)
    return execute([(plan, plan.runs)], state=Path()), ran_alone


def key(run: PlannedRun) -> str:
    return f"{run.name}{' in the player' if run.kind is RunKind.PLAYER else ''}"


def usual(run: PlannedRun) -> Figure:
    return SLOW if "slow" in run.name else FAST


def test_nothing_is_run_alone_when_all_is_as_it_should_be(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    executed, alone = run(plan, {}, {}, monkeypatch)
    assert not alone
    assert set(executed.reports) == set(plan.runs)


@pytest.mark.parametrize(
    ("name", "figure"),
    [("the reference", THIN), ("the reference", SLOW), ("also_right/way_1.py", SLOW), ("wrong/slow.py", FAST)],
)
def test_a_figure_in_doubt_is_measured_alone_and_that_counts(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, name: str, figure: Figure
) -> None:
    executed, alone = run(plan, {name: figure, f"{name} in the player": figure}, {}, monkeypatch)
    assert {each.name for each in alone} == {name}
    (own,) = (each for each in plan.runs if each.name == name and each.is_own)
    assert executed.reports[own].tests[-1].figures == (usual(own),)
    assert all(each.job.store.startswith(("audit-alone/", "audit-alone-process/")) for each in alone)


def test_with_a_run_in_a_player_the_run_that_it_is_compared_with_is_repeated(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, alone = run(plan, {"the reference in the player": SLOW}, {}, monkeypatch)
    assert {key(each) for each in alone} == {"the reference", "the reference in the player"}


def test_answers_are_not_in_doubt(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(each.is_timed for each in plan.runs if each.name.startswith("wrong/plus"))
    assert not any(each.job.gated for each in plan.runs)
    slow = {"the reference": SLOW, "the reference in the player": SLOW}
    executed, alone = run(plan, slow, slow, monkeypatch)
    assert [key(each) for each in alone] == ["the reference"]
    (own,) = (each for each in plan.runs if each.kind is RunKind.REFERENCE)
    assert executed.reports[own].tests[-1].outcome is Outcome.FAILED
