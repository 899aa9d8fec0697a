"""How katas stand by what is known already, without running anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.model import Kata, KataReport, Status
from harness.history.store import History
from harness.practice.choose import review_times
from harness.runner.job import cached_report, digest, learner_job, prepare
from harness.scoreboard.model import FaultTally
from harness.scoreboard.tally import tally_faults
from harness.subject.resolve import LEARNER

CHANGED = "changed"
"""In place of a status: the file was changed since its last run."""
DUE = "due"
"""Beside a status: the kata was passed, and comes back."""


@dataclass(frozen=True, slots=True)
class KataStatus:
    """One kata for a list."""

    kata: Kata
    report: KataReport | None
    """None when it was changed since its last run."""
    due: float | None = None
    """When its next review comes, seconds since the epoch, None when it was never passed."""
    is_due: bool = False
    best_s: float | None = None

    @property
    def status(self) -> str:
        """A `Status`, or `changed`."""
        return self.report.status.value if self.report else CHANGED

    @property
    def words(self) -> str:
        """The status for people, `passed, due`, or `in progress, 3 of 4 faults repaired`."""
        words = f"{self.status}, {DUE}" if self.is_due else self.status
        is_shown = self.faults and self.report and self.report.started and not self.is_finished
        return f"{words}, {self.faults}" if is_shown else words

    @property
    def faults(self) -> FaultTally | None:
        """The planted faults of a debug kata, None of others and where the file was changed since its last run."""
        return tally_faults(self.kata, self.report) if self.report else None

    @property
    def is_finished(self) -> bool:
        """It passes as it is now."""
        return self.report is not None and self.report.status is Status.PASSED


def known_report(kata: Kata, state: Path) -> KataReport | None:
    """The report of the learner's file as it is now, None when that was not run yet."""
    for profile in ("practice", "ci"):
        prepared = prepare(learner_job(kata, LEARNER, profile))
        if isinstance(prepared, KataReport):
            return prepared
        try:
            report = cached_report(prepared.job, digest(prepared.job, prepared.source), state)
        except OSError:  # a file of the kata went away in between
            return None
        if report is not None:
            return report
    return None


def known_reports(katas: Sequence[Kata], state: Path) -> list[KataReport]:
    """The reports there are of these katas."""
    return [report for kata in katas if (report := known_report(kata, state)) is not None]


def kata_statuses(katas: Sequence[Kata], state: Path, history: History | None, now: float) -> list[KataStatus]:
    """How each kata stands; without a history nothing is due."""
    times = review_times(history) if history else {}
    best = history.best_times_s() if history else {}
    return [
        KataStatus(
            kata,
            known_report(kata, state),
            times.get(kata.slug),
            is_due=kata.slug in times and times[kata.slug] <= now,
            best_s=best.get(kata.slug),
        )
        for kata in katas
    ]
