"""What a watched kata looks like at one moment. Frozen data, no I/O; `harness.watch.screen` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.core.model import Band, Kata, KataReport, Outcome, Status, TestResult
from harness.scoreboard.model import BandTally
from harness.watch.kata_list import KataList

if TYPE_CHECKING:
    from rich.console import RenderableType


class Phase(StrEnum):
    """What is going on."""

    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    GONE = "gone"
    """The learner's file is not there."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The interview clock of the kata."""

    spent_s: float
    is_running: bool


@dataclass(frozen=True, slots=True)
class PassSummary:
    """What there is to say about a pass."""

    spent_s: float | None = None
    """On the interview clock, None when it did not run."""
    best_s: float | None = None
    """The personal best, this pass among them."""
    is_first: bool = False
    due: float | None = None
    """When the kata comes back, seconds since the epoch."""
    more: str = ""
    """What the interviewer asks next."""
    given_up: bool = False
    """The reference was seen before."""


@dataclass(frozen=True, slots=True)
class Page:
    """Something to read that takes the whole screen."""

    title: str
    content: RenderableType
    offset: int = 0
    """Lines that are scrolled past."""
    is_short: bool = False
    """It is read at a glance: any key closes it."""


@dataclass(frozen=True, slots=True)
class View:
    """One kata under work."""

    kata: Kata
    phase: Phase = Phase.STARTING
    tests: tuple[TestResult, ...] = ()
    """What is known of the last run, in the order of the suite."""
    is_stale: bool = False
    """Whether those are of the run before, because this one has said nothing yet."""
    report: KataReport | None = None
    """The last run's report, None while it runs."""
    running_test: str = ""
    duration_s: float = 0.0
    chosen: int = 0
    """Which of the failing tests is shown."""
    printed: str = ""
    """What that test printed."""
    clock: Clock | None = None
    pass_summary: PassSummary | None = None
    hint: str = ""
    """The last one that was asked for."""
    hint_number: int = 0
    hints_there: int = 0
    notices: tuple[str, ...] = ()
    question: str = ""
    """What is to be confirmed with y."""
    page: Page | None = None
    kata_list: KataList | None = None
    """The katas to select from, while that is open."""
    follow_up: tuple[TestResult, ...] = ()
    """What is known of the follow-up, which runs once the kata passes."""
    follow_up_report: KataReport | None = None
    """The report of the follow-up's last run, None before that and while it runs."""
    is_settled: bool = False
    """Whether nothing more will come of this run."""

    @property
    def failing(self) -> tuple[TestResult, ...]:
        """Tests that have failed, those of easy bands first; of the follow-up where the kata's own pass."""
        tests = (*self.tests, *self.follow_up)
        return tuple(test for band in Band for test in tests if (test.band, test.outcome) == (band, Outcome.FAILED))

    @property
    def shown(self) -> TestResult | None:
        """The failing test to look at."""
        failing = self.failing
        return failing[self.chosen % len(failing)] if failing else None

    @property
    def verdict(self) -> Status | None:
        """How the run ended, or how it will end because a test has failed; None while all is open."""
        if self.report is not None:
            return self.report.status
        if self.phase is Phase.RUNNING and self.failing and not self.is_stale:
            passed = any(test.outcome is Outcome.PASSED for test in self.tests)
            return Status.IN_PROGRESS if passed else Status.FAILING
        return None

    def band(self, band: Band) -> BandTally:
        """Passed and all tests of a band."""
        outcomes = [test.outcome for test in self.tests if test.band is band]
        return BandTally(outcomes.count(Outcome.PASSED), len(outcomes))
