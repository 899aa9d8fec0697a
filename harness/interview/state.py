"""A mock interview as data: what was drawn, where it stands, and what each step makes of it. Pure, no I/O, no clock.

The phases follow one another and are never stored: they can be read off what is there, so that a state that was written
after any step says by itself where to go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from harness.core.model import KataReport, Outcome, Status

VERSION = 1
FAILED_KEPT = 50
"""Names of failed tests that are kept of one submission."""


class Phase(StrEnum):
    """Where an interview stands."""

    CODING = "coding"
    QUESTIONS = "questions"
    SCORING = "scoring"
    DONE = "done"


class Ending(StrEnum):
    """How the work on one kata ended; OPEN while it is still to be done."""

    OPEN = ""
    SUBMITTED = "submitted"
    SKIPPED = "skipped"
    TIME_UP = "time up"
    NOT_REACHED = "not reached"
    GONE = "folder gone"
    ABANDONED = "abandoned"


class Aspect(StrEnum):
    """What interviewers score."""

    ACCURACY = "accuracy"
    COMMUNICATION = "communication"
    APPROACH = "approach"
    QUALITY = "code quality"


WEIGHTS = {Aspect.ACCURACY: 40, Aspect.COMMUNICATION: 30, Aspect.APPROACH: 20, Aspect.QUALITY: 10}
"""Percent of the total."""

BEST = 4
ANCHORS = {
    Aspect.ACCURACY: (
        "nothing works",
        "a main case works",
        "examples work, edge cases don't",
        "small gaps",
        "all tests pass",
    ),
    Aspect.COMMUNICATION: (
        "silent",
        "said what, not why",
        "explained when stuck",
        "thought aloud, named assumptions",
        "an interviewer could follow every step, and the answers were short and right",
    ),
    Aspect.APPROACH: (
        "no plan",
        "tried until it worked",
        "a plan, but its cost and limits unclear",
        "a good plan, compared with another",
        "best method, with complexity and trade-offs, before coding",
    ),
    Aspect.QUALITY: (
        "unreadable",
        "works by accident",
        "readable with effort",
        "clear names and steps",
        "could be merged as it is",
    ),
}
"""What the scores 0 to 4 stand for, so that scores of different days can be compared."""


@dataclass(frozen=True, slots=True)
class Task:
    """One drawn kata, and what became of it."""

    slug: str
    title: str
    minutes: int
    topics: tuple[str, ...] = ()
    ending: Ending = Ending.OPEN
    spent_s: float = 0.0
    runs: int = 0
    """Runs that the candidate asked for; the last one, of what was submitted, is not among them."""
    status: str = Status.NOT_STARTED.value
    passed: int = 0
    total: int = 0
    failed: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it is still to be worked on."""
        return self.ending is Ending.OPEN


@dataclass(frozen=True, slots=True)
class Answer:
    """A follow-up question, what the candidate typed, and what there is to say."""

    slug: str
    question: str
    model: str
    typed: str = ""
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Interview:
    """One interview from the draw to the report."""

    id: str
    """The day and a number, `2026-03-01-02`; the name of its folder."""
    created: float
    role: str
    """Empty when none was asked for."""
    minutes: int
    """What was asked for."""
    limit_s: float
    """What the clock runs to: less than was asked for when there were too few katas."""
    seed: int
    tasks: tuple[Task, ...]
    weak_topics: tuple[str, ...] = ()
    answers: tuple[Answer, ...] | None = None
    """None until the questions have been read from the debriefs."""
    scores: dict[Aspect, int] = field(default_factory=dict)
    """The candidate's own verdict, 0 to 4 each, as far as it was given."""
    pauses: int = 0
    finished: float | None = None
    version: int = VERSION

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        if self.finished is not None:
            return Phase.DONE
        if self.current is not None:
            return Phase.CODING
        if self.answers is None or any(not answer.is_done for answer in self.answers):
            return Phase.QUESTIONS
        return Phase.SCORING

    @property
    def rubric(self) -> float | None:
        """The weighted total of the scores, 0 to 100; None when one is missing."""
        if set(self.scores) != set(Aspect):
            return None
        return sum(WEIGHTS[aspect] * score / BEST for aspect, score in self.scores.items())

    @property
    def current(self) -> Task | None:
        """The kata to work on."""
        return next((task for task in self.tasks if task.is_open), None)

    @property
    def spent_s(self) -> float:
        """Seconds on the clock so far."""
        return sum(task.spent_s for task in self.tasks)

    @property
    def left_s(self) -> float:
        """Seconds that are left, never less than none."""
        return max(0.0, self.limit_s - self.spent_s)

    @property
    def passed(self) -> int:
        """Tests that pass, over all katas."""
        return sum(task.passed for task in self.tasks)

    @property
    def total(self) -> int:
        """Tests there are, over all katas that were judged."""
        return sum(task.total for task in self.tasks)

    @property
    def solved(self) -> int:
        """Katas that pass as a whole."""
        return sum(task.status == Status.PASSED for task in self.tasks)

    @property
    def share(self) -> float:
        """Mean share of tests that pass, each kata weighing by its minutes: one that was never reached counts as nothing."""
        whole = sum(task.minutes for task in self.tasks)
        return (
            sum(task.minutes * task.passed / task.total for task in self.tasks if task.total) / whole if whole else 0.0
        )

    @property
    def was_abandoned(self) -> bool:
        """Whether it ended before its end."""
        return self.finished is not None and self.rubric is None


def with_time(interview: Interview, spent_s: float) -> Interview:
    """The clock stands at `spent_s`: what is new of it belongs to the current kata. It never goes back, nor beyond its end."""
    task = interview.current
    new_s = min(spent_s, interview.limit_s) - interview.spent_s
    return (
        interview if task is None or new_s <= 0 else _with_task(interview, replace(task, spent_s=task.spent_s + new_s))
    )


def with_run(interview: Interview, report: KataReport) -> Interview:
    """The candidate has run the current kata's tests."""
    task = _need_current(interview)
    return _with_task(interview, replace(_judged(task, report), runs=task.runs + 1))


def with_ending(interview: Interview, ending: Ending, report: KataReport | None = None) -> Interview:
    """The work on the current kata is over; `report` is the one of what was submitted.

    Without a report nothing of it counts. When the time is up, the katas behind it are not reached.
    """
    task = _need_current(interview)
    ended = replace(task, passed=0, failed=(), status=Status.NOT_STARTED.value)
    if report is not None:
        ended = _judged(task, report)
    interview = _with_task(interview, replace(ended, ending=ending))
    rest = {Ending.TIME_UP: Ending.NOT_REACHED, Ending.ABANDONED: Ending.ABANDONED}.get(ending)
    if rest is None:
        return interview
    return replace(
        interview, tasks=tuple(replace(task, ending=rest) if task.is_open else task for task in interview.tasks)
    )


def failed_tests(report: KataReport) -> tuple[str, ...]:
    """Names of failed test functions, without parameters, each once."""
    names = [test.name.partition("[")[0] for test in report.tests if test.outcome is Outcome.FAILED]
    return tuple(dict.fromkeys(names))[:FAILED_KEPT]


def with_questions(interview: Interview, answers: Sequence[Answer]) -> Interview:
    """The questions that will be asked."""
    return replace(interview, answers=tuple(answers))


def with_typed(interview: Interview, index: int, typed: str, *, is_done: bool) -> Interview:
    """What was typed so far in answer to one question."""
    answers = list(interview.answers or ())
    answers[index] = replace(answers[index], typed=typed, is_done=is_done)
    return replace(interview, answers=tuple(answers))


def without_more_questions(interview: Interview) -> Interview:
    """The candidate wants no more questions."""
    return replace(interview, answers=tuple(replace(answer, is_done=True) for answer in interview.answers or ()))


def with_score(interview: Interview, aspect: Aspect, score: int) -> Interview:
    """The candidate's score of one aspect."""
    return replace(interview, scores={**interview.scores, aspect: score})


def suggested_accuracy(interview: Interview) -> int:
    """The accuracy score that the tests suggest: the best only when everything passes, nothing only when nothing does."""
    share = interview.share
    if share in (0.0, 1.0):
        return round(BEST * share)
    return min(max(round(BEST * share), 1), BEST - 1)


def _judged(task: Task, report: KataReport) -> Task:
    return replace(
        task,
        status=report.status.value,
        passed=report.count(outcome=Outcome.PASSED),
        total=max(len(report.tests), task.total),
        failed=failed_tests(report),
    )


def _need_current(interview: Interview) -> Task:
    task = interview.current
    if task is None:
        raise ValueError(f"interview {interview.id} has no open kata")
    return task


def _with_task(interview: Interview, task: Task) -> Interview:
    return replace(interview, tasks=tuple(task if task.slug == old.slug else old for old in interview.tasks))
