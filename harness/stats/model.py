"""What is read off a learner's history: frozen data, from which terminal, page and JSON are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harness.core.model import KataSet
from harness.history.attempts import Green


@dataclass(frozen=True, slots=True)
class KataStats:
    """What was done on one kata."""

    slug: str
    id: str
    title: str
    set: KataSet | None
    """None when the kata is not in this checkout."""
    minutes: int | None
    """The interview clock; None when the kata is not in this checkout."""
    topics: tuple[str, ...]
    attempts: int
    """Passed, dropped (reset before a pass) and open ones."""
    dropped: int
    open: bool
    """Whether an attempt is begun and neither passed nor dropped."""
    runs: int
    hints: int
    given_up: int
    """Attempts in which the reference was revealed before the pass."""
    reviews: int
    """Passes from an empty stub after the first."""
    first_passed: date | None
    """The local day of the first pass."""
    greens: tuple[Green, ...]
    """Its passes, by their time."""
    starred: bool
    """Whether the interviewer's follow-up has passed, too."""
    due_s: float | None
    """When it comes back, in seconds since the epoch; None when no review is planned."""

    @property
    def timed(self) -> tuple[Green, ...]:
        """Passes with a time on the clock, those after a look at the reference left out."""
        return tuple(green for green in self.greens if green.spent_s is not None and not green.given_up)

    @property
    def shares(self) -> tuple[float, ...]:
        """The times of `timed` as shares of the interview clock; empty when that is not known."""
        return tuple((green.spent_s or 0.0) / (60.0 * self.minutes) for green in self.timed) if self.minutes else ()

    @property
    def runs_to_green(self) -> tuple[int, ...]:
        """Runs that each pass took, where that is known and the reference was not revealed before."""
        return tuple(green.runs for green in self.greens if green.runs is not None and not green.given_up)


@dataclass(frozen=True, slots=True)
class GroupStats:
    """What was done on several katas: a set, a topic, or all."""

    name: str
    katas: int
    passed: int
    attempts: int
    runs: int
    greens: int
    """Passes, reviews among them."""
    timed: int
    """Passes with a time on a clock that is known."""
    within: int
    """Those of them that took no longer than the interview clock."""
    share: float | None
    """The median time to green as a share of the interview clock."""
    runs_to_green: float | None
    """The median number of runs that a pass took."""
    hints: int
    given_up: int


@dataclass(frozen=True, slots=True)
class QuizStats:
    """What was answered of the concept questions on a topic, or of all."""

    name: str
    asked: int
    """Graded answers."""
    good: int
    """Answers graded good or easy."""
    due: int
    """Questions that come back now."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A test that runs did not pass."""

    slug: str
    test: str
    runs: int
    """Runs in which it failed."""
    of: int
    """Runs of its kata."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day on which something was run or passed."""

    date: date
    runs: int
    passes: int


@dataclass(frozen=True, slots=True)
class Streak:
    """Days in a row with a run or a pass."""

    days: int
    """Up to today, or up to yesterday when there is nothing of today yet."""
    today: bool
    """Whether today is among them."""
    longest: int


@dataclass(frozen=True, slots=True)
class Stats:
    """All that is shown."""

    today: date
    katas: tuple[KataStats, ...]
    """Those of the checkout in its order, then those that are gone, by slug; all that were tried or are there."""
    all: GroupStats
    sets: tuple[GroupStats, ...]
    """A group a set, and one for katas that are gone when there are such; together they are `all`."""
    topics: tuple[GroupStats, ...]
    """By name; a kata is in each of its topics."""
    quiz: QuizStats
    """Of all questions."""
    quiz_topics: tuple[QuizStats, ...]
    """By name, those that were asked; a question has the topics of its kata."""
    missed: tuple[Missed, ...]
    days: tuple[Day, ...]
    streak: Streak
    on_clock_s: float
    """All time on the interview clock, passed or not."""
    reviews: int
    interviews: int
    """Mock interviews that came to their end."""
    due: tuple[str, ...]
    """Slugs of katas whose review is due."""
    entries: int
    strange: int
    """Entries of kinds that this version does not know."""
    ahead: int
    """Entries dated after now: the system clock was ahead then, or is behind now."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever run or passed."""
        return not self.days and not self.all.runs and not self.all.greens


GONE = "gone"
"""The name of the group of katas that are not in this checkout."""
