"""The scoreboard as data, which all renderers show."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.core.model import Band, Fault, KataSet, Status


@dataclass(frozen=True, slots=True)
class BandTally:
    """Passed and all tests of one band."""

    passed: int = 0
    total: int = 0

    def __add__(self, other: BandTally) -> BandTally:
        return BandTally(self.passed + other.passed, self.total + other.total)


@dataclass(frozen=True, slots=True)
class FaultTally:
    """Repaired and all planted faults of a debug kata."""

    repaired: int
    total: int

    def __str__(self) -> str:
        return f"{self.repaired} of {self.total} faults repaired"


@dataclass(frozen=True, slots=True)
class Row:
    """One kata on the scoreboard."""

    slug: str
    id: str
    set: KataSet
    title: str
    minutes: int
    status: Status
    bands: dict[Band, BandTally]
    figures: tuple[str, ...] = ()
    note: str = ""
    """One sentence: the problem, or the first failing test."""
    best_s: float | None = None
    """Best time to a pass on the interview clock, None when the clock never ran."""
    follow_up: BandTally | None = None
    """The follow-up's tests, None when there is none, or when it was not run because the kata is not passed."""
    star: bool = False
    """Whether the kata and its follow-up are passed."""
    due: bool = False
    """It passes, and a review from the empty stub is due."""
    faults: FaultTally | None = None
    """Of a debug kata; None of others."""

    @property
    def tests(self) -> BandTally:
        """All bands together."""
        return sum(self.bands.values(), BandTally())


@dataclass(frozen=True, slots=True)
class SetTally:
    """Totals of one set."""

    set: KataSet
    passed: int
    total: int
    tests: BandTally
    statuses: dict[Status, int] = field(default_factory=dict)
    due: int = 0
    """Of those passed."""


@dataclass(frozen=True, slots=True)
class PathTally:
    """How far a learner is on a named route through the katas."""

    name: str
    title: str
    passed: int
    total: int


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """What all renderers show."""

    rows: tuple[Row, ...]
    sets: tuple[SetTally, ...]
    faults: tuple[Fault, ...] = ()
    next_slug: str = ""
    """The kata to do next, empty when all are passed."""
    next_reason: str = ""
    subject: str = "learner"
    paths: tuple[PathTally, ...] = ()

    @property
    def passed(self) -> int:
        """Katas passed, over all sets."""
        return sum(tally.passed for tally in self.sets)

    @property
    def due(self) -> int:
        """Katas passed whose review is due, over all sets."""
        return sum(tally.due for tally in self.sets)

    @property
    def total(self) -> int:
        """Katas there are, over all sets."""
        return sum(tally.total for tally in self.sets)

    @property
    def stars(self) -> int:
        """Katas passed whose follow-up is passed too."""
        return sum(row.star for row in self.rows)

    @property
    def tests(self) -> BandTally:
        """Tests passed and there, over all sets; those of follow-ups are not counted."""
        return sum((tally.tests for tally in self.sets), BandTally())


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the history has to say on a scoreboard."""

    best_times_s: dict[str, float] = field(default_factory=dict)
    due: frozenset[str] = frozenset()
    """Slugs of katas whose review is due."""
    following: tuple[str, str] | None = None
    """The kata to do next, and why; None leaves it to the scoreboard."""
    news: tuple[str, ...] = ()
    """What has just happened, in sentences."""
