"""What one suite's runs show to be wrong, and which of these runs are worth a second look while no other run measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.audit.plan import Plan, PlannedRun, RunKind
from harness.audit.rules import (
    judge_faulty_stub,
    judge_margins,
    judge_need,
    judge_player,
    judge_repair,
    judge_right,
    judge_stub,
    judge_wrong,
)
from harness.core.model import KataKind, KataReport, Suite

Reports = Mapping[PlannedRun, KataReport]


def judge(plan: Plan, runs: Sequence[PlannedRun], reports: Reports) -> Iterator[str]:
    """Everything that is wrong with the solutions of `plan`, by its `runs`: first the stub's, then the reference's."""
    problems = [reports[run].problem for run in runs[:2]]
    if problems and problems[0] is not None and problems[0] == problems[1]:  # it is the suite's fault, so say it once
        yield f"{plan.suite.phrase}: {problems[0].sentence}"
        return
    here = _here(runs)
    for run in runs:
        yield from _judge_run(plan, run, here, reports)


def doubtful(plan: Plan, runs: Sequence[PlannedRun], reports: Reports) -> Iterator[PlannedRun]:
    """The runs with tests of speed that are not as they should be: other runs on the machine may be the reason.

    Of a run in a player, the run that it is compared with comes along.
    """
    here = _here(runs)
    found: dict[PlannedRun, None] = {}
    for run in runs:
        if run.is_timed and any(_judge_run(plan, run, here, reports)):
            found[run] = None
            if run.kind is RunKind.PLAYER:
                found[here[run.name]] = None
    yield from found


def _here(runs: Sequence[PlannedRun]) -> dict[str, PlannedRun]:
    """By name, the runs in pytest's own process that runs in a player are compared with."""
    return {run.name: run for run in runs if run.is_own}


def _judge_run(plan: Plan, run: PlannedRun, here: Mapping[str, PlannedRun], reports: Reports) -> Iterator[str]:
    report = reports[run]
    match run.kind:
        case RunKind.STUB if plan.kata.kind is KataKind.DEBUG:
            if plan.suite is Suite.OWN:  # what a follow-up asks for is not missing in every test of it
                yield from judge_faulty_stub(plan.kata.faults, report)
        case RunKind.STUB:
            yield from judge_stub(report)
        case RunKind.REPAIR:
            yield from judge_repair(run.name, run.fault, plan.kata.faults, report)
        case RunKind.REFERENCE:
            yield from judge_right(run.name, report)
            yield from judge_margins(run.name, report)
        case RunKind.RIGHT | RunKind.SEED:
            yield from judge_right(run.name, report)
        case RunKind.WRONG:
            yield from judge_wrong(run.name, run.tests, report)
        case RunKind.PLAYER:
            yield from judge_player(run.name, plan.options.player, reports[here[run.name]], report)
        case RunKind.BEFORE:
            yield from judge_need(report)
        case RunKind.KEPT:
            yield from judge_right(run.name, report, of=" of the kata's own suite")
