"""The authors' gate: stubs fail, references pass, wrong solutions die on the test they name, right ones pass.

`audit` reads a kata's files, runs all its solutions through the runner, and returns everything that is wrong in
sentences. A follow-up has solutions of its own, and is held to the same; these must pass the kata's own suite too, so that
what is wrong with the wrong ones is what the follow-up asks for, and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.audit.debriefs import proofread_debriefs
from harness.audit.execution import execute
from harness.audit.judge import Reports, judge
from harness.audit.lint import has_follow_up, proofread
from harness.audit.plan import DEFAULTS, Options, Plan, PlannedRun
from harness.audit.rotation import Rotation
from harness.audit.timing import Timing, take_time
from harness.core.model import Catalog, Figure, Kata, Suite
from harness.runner.job import Listener


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
    not_in_part: int = 0
    """Wrong solutions that were not run at all, because it was the turn of others."""
    follow_up: KataAudit | None = None
    """The same of the follow-up, without faults; None when there is none."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What the audit of some katas found, and what it took."""

    katas: tuple[KataAudit, ...]
    timing: Timing
    rotation: Rotation | None = None
    """What was left out, and why; None when nothing was."""


def audit(
    catalog: Catalog,
    katas: Sequence[Kata],
    *,
    state: Path,
    options: Options = DEFAULTS,
    rotation: Rotation | None = None,
    workers: int | None = None,
    fresh: bool = False,
    listener: Listener = lambda _: None,
) -> AuditResult:
    """Audit `katas`; `catalog` is needed to see names that clash. What has not changed comes from the cache.

    With a `rotation`, only a part of the wrong solutions is run, of katas that it does not call for whole.
    """
    begun = time.monotonic()
    plans = [
        Plan(kata, suite, replace(options, part=rotation.part_of(kata)) if rotation else options)
        for kata in katas
        for suite in Suite
        if suite is Suite.OWN or has_follow_up(kata)
    ]
    debriefs = proofread_debriefs(catalog, katas)
    lint = {kata.slug: (*proofread(catalog, kata), *debriefs[kata.slug]) for kata in katas}
    parts = [plan.runs if plan.suite is Suite.OWN or plan.kata.has_follow_up else [] for plan in plans]
    lint_s = time.monotonic() - begun
    planned = list(zip(plans, parts, strict=True))
    executed = execute(planned, state=state, workers=workers, fresh=fresh, listener=listener)
    found: dict[str, KataAudit] = {}
    for plan, part in planned:
        result = _judge(plan, part, executed.reports)
        slug = plan.kata.slug
        if plan.suite is Suite.OWN:
            found[slug] = replace(result, faults=(*lint[slug], *result.faults))
        else:
            both = (*found[slug].faults, *result.faults)
            found[slug] = replace(found[slug], faults=both, follow_up=replace(result, faults=()))
    timing = take_time(executed.afresh, lint_s=lint_s, wall_s=time.monotonic() - begun)
    return AuditResult(tuple(found.values()), timing, rotation)


def _judge(plan: Plan, runs: Sequence[PlannedRun], reports: Reports) -> KataAudit:
    """What one suite's runs say, and what is wrong with its solutions' files."""
    solutions = plan.solutions
    tests = reports[runs[1]].tests if runs else ()
    lacks = () if plan.options.is_draft else solutions.lacks
    return KataAudit(
        kata=plan.kata,
        tests=len(tests),
        wrong=len(solutions.wrong),
        also_right=len(solutions.right),
        suite_s=sum(test.duration_s for test in tests),
        margins=tuple(figure for test in tests for figure in test.figures),
        faults=(*solutions.faults, *lacks, *judge(plan, runs, reports)),
        left_out=plan.left_out if runs else 0,
        not_in_part=plan.not_in_part if runs else 0,
    )
