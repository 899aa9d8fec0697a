"""The authors' gate: stubs fail, references pass, wrong solutions die on the test they name, right ones pass.

`audit` reads a kata's files, runs all its solutions through the runner, and returns everything that is wrong in
sentences. A follow-up has solutions of its own, and is held to the same; these must pass the kata's own suite too, so that
what is wrong with the wrong ones is what the follow-up asks for, and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.audit.debriefs import proofread_debriefs
from harness.audit.lint import has_follow_up, proofread
from harness.audit.plan import DEFAULTS, Options, Plan, PlannedRun, RunKind
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
from harness.audit.timing import Timing, take_time
from harness.core.model import Catalog, Figure, Kata, KataKind, KataReport, Suite
from harness.runner.job import Event, EventKind, Job, Listener
from harness.runner.run import run_jobs


@dataclass(frozen=True, slots=True)
class KataAudit:
    """What the audit of one kata found."""

    kata: Kata
    tests: int
    wrong: int
    also_right: int
    suite_s: float
    """Duration of the reference's tests, without start-up."""
    margins: tuple[Figure, ...]
    """The reference's figures on its speed tests."""
    faults: tuple[str, ...]
    """All that is wrong, with the follow-up too."""
    left_out: int = 0
    """Wrong solutions that were not run in the player."""
    follow_up: KataAudit | None = None
    """The same of the follow-up, without faults; None when there is none."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What the audit of some katas found, and what it took."""

    katas: tuple[KataAudit, ...]
    timing: Timing


def audit(
    catalog: Catalog,
    katas: Sequence[Kata],
    *,
    state: Path,
    options: Options = DEFAULTS,
    workers: int | None = None,
    fresh: bool = False,
    listener: Listener = lambda _: None,
) -> AuditResult:
    """Audit `katas`; `catalog` is needed to see names that clash. What has not changed comes from the cache."""
    begun = time.monotonic()
    plans = [
        Plan(kata, suite, options) for kata in katas for suite in Suite if suite is Suite.OWN or has_follow_up(kata)
    ]
    debriefs = proofread_debriefs(catalog, katas)
    lint = {kata.slug: (*proofread(catalog, kata), *debriefs[kata.slug]) for kata in katas}
    parts = [plan.runs if plan.suite is Suite.OWN or plan.kata.has_follow_up else [] for plan in plans]
    lint_s = time.monotonic() - begun
    runs = [run for part in parts for run in part]
    run_afresh: set[Job] = set()

    def listen(event: Event) -> None:
        if event.kind is EventKind.FINISHED and event.job is not None:
            run_afresh.add(event.job)
        listener(event)

    jobs = [run.job for run in runs]
    reports = run_jobs(jobs, state=state, workers=workers, fresh=fresh, listener=listen)
    left = iter(reports)
    found: dict[str, KataAudit] = {}
    for plan, part in zip(plans, parts, strict=True):
        result = _judge(plan, part, [next(left) for _ in part])
        slug = plan.kata.slug
        if plan.suite is Suite.OWN:
            found[slug] = replace(result, faults=(*lint[slug], *result.faults))
        else:
            both = (*found[slug].faults, *result.faults)
            found[slug] = replace(found[slug], faults=both, follow_up=replace(result, faults=()))
    timing = take_time(runs, reports, run_afresh, lint_s=lint_s, wall_s=time.monotonic() - begun)
    return AuditResult(tuple(found.values()), timing)


def _judge(plan: Plan, runs: Sequence[PlannedRun], reports: Sequence[KataReport]) -> KataAudit:
    """What one suite's runs say, and what is wrong with its solutions' files."""
    solutions = plan.solutions
    tests = reports[1].tests if reports else ()
    lacks = () if plan.options.is_draft else solutions.lacks
    return KataAudit(
        kata=plan.kata,
        tests=len(tests),
        wrong=len(solutions.wrong),
        also_right=len(solutions.right),
        suite_s=sum(test.duration_s for test in tests),
        margins=tuple(figure for test in tests for figure in test.figures),
        faults=(*solutions.faults, *lacks, *_faults(plan, runs, reports)),
        left_out=plan.left_out if runs else 0,
    )


def _faults(plan: Plan, runs: Sequence[PlannedRun], reports: Sequence[KataReport]) -> Iterator[str]:
    problems = [report.problem for report in reports[:2]]
    if problems and problems[0] is not None and problems[0] == problems[1]:  # it is the suite's fault, so say it once
        yield f"{plan.suite.phrase}: {problems[0].sentence}"
        return
    here = {run.name: report for run, report in zip(runs, reports, strict=True) if run.is_own}
    for run, report in zip(runs, reports, strict=True):
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
                yield from judge_player(run.name, plan.options.player, here[run.name], report)
            case RunKind.BEFORE:
                yield from judge_need(report)
            case RunKind.KEPT:
                yield from judge_right(run.name, report, of=" of the kata's own suite")
