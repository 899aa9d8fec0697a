"""What every export shows: a cohort counted, with all texts made harmless once. It is also the shape of `results.json`.

Hold-out suites are in here as counts alone, so that no export can tell what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from harness.core.model import KataSet

FORMAT: Literal[1] = 1
"""Version of `results.json`."""

REFUSED = "refused"
NOT_GRADED = "not graded"
UNSTABLE = "unstable"
PASSED = "passed"
STATES = (PASSED, UNSTABLE, "in progress", "failing", "timed out", "broken", REFUSED, "not started", NOT_GRADED)
"""Every way a kata of a learner can stand, from best to worst."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many of how many."""

    passed: int = 0
    total: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.total + other.total)

    def __str__(self) -> str:
        return f"{self.passed}/{self.total}"


class TestView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One test that the learner has too; never one of a hold-out suite."""

    __test__ = False  # pytest would otherwise try to collect this class by its name

    name: str
    band: str
    outcome: str
    unstable: bool = False
    kind: str = ""
    asked: str = ""
    came: str = ""
    expected: str = ""
    mistake: str = ""
    hint: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class BandView:
    """The tests of one band of one result, hold-out ones included, and what they are worth."""

    band: str
    passed: int
    total: int
    weight: float
    counts: bool = True
    """False for `edge` while an example test does not pass: it gives no points then."""


@dataclass(frozen=True, slots=True)
class ResultView:
    """One kata of one learner."""

    kata: str
    """Slug."""
    state: str
    """One of `STATES`."""
    score: float | None
    """Points; null when there is nothing to give points for."""
    counts: Count
    hold_out: Count
    tests: tuple[TestView, ...] = ()
    figures: tuple[str, ...] = ()
    problem: str = ""
    """What went wrong with the run as a whole, or why the submission was refused."""
    bands: tuple[BandView, ...] = ()
    """Those of which the kata has tests."""
    reason: str = ""
    """Why there are no points although tests may have passed, or no mark at all; empty when the tests decide."""
    remark: str = ""
    """What the instructor should know of the submission: that it was taken under another name."""
    points: float = 100.0
    """What the kata is out of."""
    automatic: float | None = None
    """Points that the tests give, before lateness and marks by hand."""
    deduction: float = 0.0
    """Points taken off because it was late."""
    late: str = ""
    """How late it was, and what that costs; empty when it was in time."""
    mark: str = ""
    """The note of a mark that a person gave in place of the tests'; empty when there is none."""
    regrade: str = ""
    """Why it was graded again; empty when it was not."""
    unstable: int = 0
    """Tests whose verdict changed under repetition."""
    mode: str = ""
    seed: str = ""
    submission_sha256: str = ""
    key: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What stands beside the mark: why there are no points, and what is remarkable about the submission."""
        mark = f"marked by hand: {self.mark}" if self.mark else ""
        again = f"graded again: {self.regrade}" if self.regrade else ""
        return tuple(filter(None, (self.reason, self.late, mark, again, self.remark)))

    @property
    def notes(self) -> str:
        """The sentences in one line."""
        return "; ".join(self.sentences)

    @property
    def is_changed(self) -> bool:
        """Whether the mark is another than what the tests give."""
        return bool(self.mark) or self.deduction > 0

    @property
    def failures(self) -> tuple[TestView, ...]:
        """Tests that did not pass, or not every time."""
        return tuple(test for test in self.tests if test.outcome == "failed" or test.unstable)


@dataclass(frozen=True, slots=True)
class SetView:
    """Totals of one set for one learner."""

    set: KataSet
    katas: Count
    tests: Count


@dataclass(frozen=True, slots=True)
class LearnerView:
    """One learner, whole."""

    slug: str
    name: str
    group: str
    katas: Count
    tests: Count
    score: float
    """The sum of the katas' points, each as often as the kata counts."""
    most: float
    """What that is out of."""
    sets: tuple[SetView, ...]
    results: tuple[ResultView, ...]
    """One a kata, in the order of the cohort's katas."""


@dataclass(frozen=True, slots=True)
class KataView:
    """One kata over all learners."""

    slug: str
    id: str
    set: KataSet
    title: str
    states: dict[str, int]
    """How many learners stand how; states that do not occur are left out."""
    weights: dict[str, float] = field(default_factory=dict)
    """The weight of each band."""
    points: float = 100.0
    """What it is out of."""
    weight: float = 1.0
    """How often it counts in the total."""

    @property
    def passed(self) -> Count:
        """Learners who passed it, of all."""
        return Count(self.states.get(PASSED, 0), sum(self.states.values()))


@dataclass(frozen=True, slots=True)
class MissedView:
    """A test that learners miss."""

    kata: str
    test: str
    learners: Count
    """Those who failed it, of those for whom it ran."""
    mistake: str = ""
    """The mistake that was named most often, empty when none was."""
    mistake_count: int = 0


@dataclass(frozen=True, slots=True)
class RefusalView:
    """What could not be taken from a learner."""

    learner: str
    name: str
    kata: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CohortView:
    """The whole cohort."""

    kind: Literal["kata-results"]
    format: Literal[1]
    origin: Literal["graded", "self-reported"]
    dojo: str
    created: float
    modes: tuple[str, ...]
    points: float
    """Points of a kata that has none of its own."""
    score: str
    """What points are given for: `bands`, `tests` or `passed`."""
    katas: tuple[KataView, ...]
    learners: tuple[LearnerView, ...]
    """In `results.json` with all their tests; where a cohort is held in memory, without."""
    missed: tuple[MissedView, ...]
    refusals: tuple[RefusalView, ...]
    remarks: tuple[RefusalView, ...]
    """What was taken although something was wrong with it: a file under another name."""
    notices: tuple[str, ...]

    @property
    def sets(self) -> tuple[KataSet, ...]:
        """Sets of which there are katas."""
        return tuple(known for known in KataSet if any(kata.set is known for kata in self.katas))

    @property
    def without_points(self) -> list[tuple[LearnerView, ResultView]]:
        """Graded submissions that get no points whatever their tests say."""
        return [
            (learner, result)
            for learner in self.learners
            for result in learner.results
            if result.reason and result.state not in (REFUSED, NOT_GRADED)
        ]

    @property
    def passed(self) -> Count:
        """Katas passed, over all learners."""
        return sum((learner.katas for learner in self.learners), Count())

    @property
    def graded(self) -> int:
        """Results that are there."""
        return sum(result.state != NOT_GRADED for learner in self.learners for result in learner.results)
