"""Run what audits have planned: all side by side first, and then what is in doubt while no other run measures.

Speed is measured in CPU time, as a ratio or an exponent, so a busy machine seldom changes what it shows. Measuring alone leaves
all cores but one idle, and took half of an audit's time; so a run is measured alone only where its first report is not what
is expected of it. The second report counts then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.audit.judge import doubtful
from harness.audit.plan import Plan, PlannedRun
from harness.core.model import KataReport
from harness.runner.job import Event, EventKind, Job, Listener
from harness.runner.run import run_jobs


@dataclass(slots=True)
class Executed:
    """The reports of planned runs."""

    reports: dict[PlannedRun, KataReport] = field(default_factory=dict)
    """The ones that count."""
    afresh: list[tuple[PlannedRun, KataReport]] = field(default_factory=list)
    """What was run now, and did not come from the cache; with the first reports of what was run twice."""


def execute(
    planned: Sequence[tuple[Plan, Sequence[PlannedRun]]],
    *,
    state: Path,
    workers: int | None = None,
    fresh: bool = False,
    listener: Listener = lambda _: None,
) -> Executed:
    """Run all, and once more alone those whose speed is in doubt. Raises `InterruptedRunError` on Ctrl-C."""
    executed = Executed()

    def run(runs: Sequence[PlannedRun]) -> list[KataReport]:
        run_afresh: set[Job] = set()

        def listen(event: Event) -> None:
            if event.kind is EventKind.FINISHED and event.job is not None:
                run_afresh.add(event.job)
            listener(event)

        jobs = [run.job for run in runs]
        reports = run_jobs(jobs, state=state, workers=workers, fresh=fresh, listener=listen)
        found = zip(runs, reports, strict=True)
        executed.afresh += [(run, report) for run, report in found if run.job in run_afresh]
        return reports

    first = [run for _, runs in planned for run in runs]
    executed.reports.update(zip(first, run(first), strict=True))
    again = [each for plan, runs in planned for each in doubtful(plan, runs, executed.reports)]
    if again:
        executed.reports.update(zip(again, run([each.alone for each in again]), strict=True))
    return executed
