"""What the harness is about: katas, results, reports. Frozen data, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

FOLLOW_UP_SUITE = "test_follow_up.py"
"""In a kata's folder: tests of what the interviewer asks for next."""
FOLLOW_UP_STATEMENT = "follow_up.md"


class KataSet(StrEnum):
    """The four difficulty sets."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"

    @property
    def summary(self) -> str:
        """What the set asks for, in a few words."""
        return _SET_TITLES[self]

    @property
    def hang_limit_s(self) -> float:
        """Seconds after which a single test counts as hanging, unless a kata says otherwise."""
        return _SET_HANG_LIMITS_S[self]


_SET_TITLES = {
    KataSet.A: "quick implementations",
    KataSet.B: "algorithms from scratch",
    KataSet.C: "optimization challenges",
    KataSet.D: "system design and production code",
}
_SET_HANG_LIMITS_S = {KataSet.A: 20.0, KataSet.B: 30.0, KataSet.C: 60.0, KataSet.D: 60.0}


class Band(StrEnum):
    """What a test asks about; every kata test is in exactly one band, and bands run in this order."""

    EXAMPLE = "example"
    LAW = "law"
    EDGE = "edge"
    SPEED = "speed"

    @property
    def meaning(self) -> str:
        """One line for `pytest --markers` and for people."""
        return _BAND_MEANINGS[self]


_BAND_MEANINGS = {
    Band.EXAMPLE: "the worked examples of the kata's README",
    Band.LAW: "properties that hold for all inputs (hypothesis)",
    Band.EDGE: "degenerate and bad input, dtypes, no argument modified",
    Band.SPEED: "ratios, growth rates and memory peaks, never seconds",
}


class Suite(StrEnum):
    """One of the two suites of a kata; a result of one says nothing about the other."""

    OWN = "own"
    """What the kata's README asks for."""
    FOLLOW_UP = "follow-up"
    """What `follow_up.md` asks for next."""

    @property
    def phrase(self) -> str:
        """What sentences call it."""
        return "the suite" if self is Suite.OWN else "the follow-up's suite"

    def label(self, slug: str) -> str:
        """What tables call this suite of a kata: `a01_mse`, `a01_mse follow-up`."""
        return slug if self is Suite.OWN else f"{slug} follow-up"


class KataKind(StrEnum):
    """What a kata's stub is."""

    WRITE = "write"
    """Signatures: the code is to be written."""
    DEBUG = "debug"
    """Code that runs and is wrong: its planted faults are to be found and repaired."""


class Outcome(StrEnum):
    """How one test ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


class Status(StrEnum):
    """How one kata stands."""

    NOT_STARTED = "not started"
    IN_PROGRESS = "in progress"
    FAILING = "failing"
    BROKEN = "broken"
    TIMED_OUT = "timed out"
    PASSED = "passed"


class ProblemKind(StrEnum):
    """What can go wrong with a whole run, beyond single tests."""

    BROKEN = "broken"
    """The subject does not import, or the suite cannot be collected."""
    TIMED_OUT = "timed out"
    """A test or an import hung, or the run as a whole took too long."""
    DIED = "died"
    """The process ended before it could report."""
    KILLED = "killed"
    """A signal from outside ended the process; worth another try."""
    INCOMPLETE = "incomplete"
    """The report lacks tests that should be in it."""


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """Something that is wrong with the stub of a debug kata."""

    name: str
    """Neutral, `fault_1`, because learners may read it."""
    tests: tuple[str, ...]
    """The tests that fail because of it, and of nothing else; without parameters."""


@dataclass(frozen=True, slots=True)
class Kata:
    """One kata folder and what its `kata.toml` says."""

    slug: str
    """The folder's name, `a01_mse`."""
    id: str
    """The folder's prefix in capitals, `A01`."""
    set: KataSet
    module: str
    """The name under which a suite imports the subject, `mse`."""
    folder: Path
    title: str
    minutes: int
    """The interview clock."""
    topics: tuple[str, ...]
    requires: tuple[str, ...]
    """Slugs of katas that should come first."""
    imports: tuple[str, ...]
    """Libraries a solution may import beside the standard library."""
    forbidden: tuple[str, ...]
    """Modules a solution may not import although they are in the standard library or in `imports`."""
    helpers: tuple[str, ...]
    """Modules in the folder that suite and subject may both import."""
    hang_limit_s: float
    stub_sha256: str
    """The published stub, newlines normalised."""
    has_follow_up: bool = False
    """Whether there is a second suite, `Suite.FOLLOW_UP`, which asks the same module for more."""
    kind: KataKind = KataKind.WRITE
    faults: tuple[PlantedFault, ...] = ()
    """Of a debug kata."""

    @property
    def root(self) -> Path:
        """The checkout that the kata is in."""
        return self.folder.parent.parent

    @property
    def stub(self) -> Path:
        """The learner's file."""
        return self.folder / f"{self.module}.py"

    @property
    def published_stub(self) -> Path:
        """The stub once more, as it was published: a learner's file is code before long."""
        return self.folder / ".stub"

    def suite_file(self, suite: Suite = Suite.OWN) -> Path:
        """The file of a suite, whether or not it is there."""
        return self.folder / (f"test_{self.module}.py" if suite is Suite.OWN else FOLLOW_UP_SUITE)

    @property
    def follow_up_statement(self) -> Path:
        """What the follow-up asks for."""
        return self.folder / FOLLOW_UP_STATEMENT


@dataclass(frozen=True, slots=True)
class Fault:
    """A kata folder that is not usable, and why."""

    folder: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LearningPath:
    """A named route through the katas, in an order that builds up."""

    name: str
    title: str
    slugs: tuple[str, ...]
    """The katas of this checkout that are on it, in its order."""
    missing: int = 0
    """How many more it has, which are not in this checkout."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All katas of a checkout in order, the folders that are not usable, and the routes through the katas."""

    katas: tuple[Kata, ...]
    faults: tuple[Fault, ...] = ()
    paths: tuple[LearningPath, ...] = ()


class FailureKind(StrEnum):
    """How a test failed."""

    WRONG = "wrong"
    """A check does not hold."""
    RAISED = "raised"
    """The subject, or the suite with what the subject returned, raised an exception."""
    NOT_IMPLEMENTED = "not implemented"
    MISSING = "missing"
    """The subject lacks a name."""
    SLOW = "slow"
    """A figure of a speed test is not good enough."""
    TIMED_OUT = "timed out"
    """The hang limit passed while the subject was running."""
    SUITE_TIMED_OUT = "suite timed out"
    """The hang limit passed while the suite's own code was running."""
    NOT_RUN = "not run"
    """An earlier test showed that this one need not be run."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test failed, in the parts a stuck person needs."""

    asked: str
    came: str
    expected: str = ""
    mistake: str = ""
    """The named mistake that gives this result, empty when none is recognised."""
    hint: str = ""
    where: str = ""
    """`mse.py:12` when the subject itself raised."""
    kind: FailureKind = FailureKind.WRONG


class FigureKind(StrEnum):
    """What a speed test measures."""

    RACE = "race"
    """How many times as fast as a baseline."""
    GROWTH = "growth"
    """The exponent of the cost over the size."""
    MEMORY = "memory"
    """A peak in MiB."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement of a speed test, in the words of the scoreboard."""

    kind: FigureKind
    label: str
    """What it was measured against, "the loop", "sklearn"."""
    value: float
    """A ratio (times faster), an exponent, or MiB."""
    needed: float
    """The bound that the value was held against."""
    text: str
    """The figure for people, "41x the loop"."""

    @property
    def margin(self) -> float:
        """How many times better than needed; below 1 the test fails."""
        if self.kind is FigureKind.RACE:
            return self.value / self.needed
        return self.needed / self.value if self.value > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of a kata's suite."""

    __test__ = False  # pytest would otherwise try to collect this class by its name

    name: str
    band: Band
    outcome: Outcome
    duration_s: float = 0.0
    failure: Failure | None = None
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with a run as a whole."""

    kind: ProblemKind
    sentence: str


@dataclass(frozen=True, slots=True)
class KataReport:
    """All that one run of one suite against one subject has to say."""

    slug: str
    subject: str
    """`learner`, `reference` or the path that was given."""
    tests: tuple[TestResult, ...]
    problem: Problem | None = None
    started: bool = True
    """False when the subject is byte for byte the published stub."""
    digest: str = ""
    """Hash of everything the result depends on."""
    created: float = 0.0
    """Seconds since the epoch."""
    duration_s: float = 0.0
    seed: str = ""
    """The hypothesis seed that repeats the run, empty when derandomized."""
    suite: Suite = Suite.OWN

    def count(self, band: Band | None = None, outcome: Outcome | None = None) -> int:
        """Number of tests in `band` (all bands when None) that ended with `outcome` (any when None)."""
        return sum(
            (band is None or test.band is band) and (outcome is None or test.outcome is outcome) for test in self.tests
        )

    @property
    def status(self) -> Status:
        """How the kata stands; a run that lacks a single result never counts as passed."""
        if self.problem is not None and self.problem.kind is ProblemKind.TIMED_OUT:
            return Status.TIMED_OUT
        if self.problem is not None:
            return Status.BROKEN
        if not self.started:
            return Status.NOT_STARTED
        passed = self.count(outcome=Outcome.PASSED)
        if self.tests and passed == len(self.tests):
            return Status.PASSED
        return Status.IN_PROGRESS if passed else Status.FAILING
