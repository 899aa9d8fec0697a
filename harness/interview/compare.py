"""Interviews beside one another: a line each with the change against the one before, and two of them point by point. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.interview.state import BEST, Aspect, Interview, Phase
from harness.scoreboard.render.words import minutes


@dataclass(frozen=True, slots=True)
class Line:
    """One interview in the list of all."""

    interview: Interview
    change: float | None
    """Points of the rubric more than in the last one that was scored; None for the first, and for those without scores."""

    @property
    def state(self) -> str:
        """Whether it can be compared."""
        if self.interview.phase is not Phase.DONE:
            return f"not finished ({self.interview.phase})"
        return "abandoned" if self.interview.was_abandoned else "finished"

    def as_json(self) -> dict[str, Any]:
        """Plain values, for scripts."""
        interview = self.interview
        return {
            "id": interview.id,
            "created": interview.created,
            "state": self.state,
            "role": interview.role,
            "minutes": interview.minutes,
            "seed": interview.seed,
            "spent_s": interview.spent_s,
            "katas": [task.slug for task in interview.tasks],
            "solved": interview.solved,
            "tests_passed": interview.passed,
            "tests": interview.total,
            "scores": {aspect.value: score for aspect, score in interview.scores.items()},
            "rubric": interview.rubric,
            "change": self.change,
        }


@dataclass(frozen=True, slots=True)
class Point:
    """One row of a comparison of two."""

    label: str
    before: str
    after: str
    change: str


def lines(interviews: Sequence[Interview]) -> tuple[Line, ...]:
    """All interviews, oldest first, each with its change against the last one with scores."""
    found = []
    last: float | None = None
    for interview in sorted(interviews, key=lambda interview: (interview.created, interview.id)):
        score = interview.rubric if interview.phase is Phase.DONE else None
        found.append(Line(interview, None if score is None or last is None else score - last))
        last = last if score is None else score
    return tuple(found)


def compare(before: Interview, after: Interview) -> tuple[Point, ...]:
    """Two interviews, point by point; changes are `after` less `before`."""
    points = [_number("rubric, of 100", before.rubric, after.rubric)]
    points += [
        _number(f"{aspect}, of {BEST}", before.scores.get(aspect), after.scores.get(aspect)) for aspect in Aspect
    ]
    points += [
        _number("tests passed, %", round(100 * before.share), round(100 * after.share)),
        Point("katas solved", _solved(before), _solved(after), signed(after.solved - before.solved)),
        Point("time used", _time(before), _time(after), ""),
        _number("runs of the tests", _runs(before), _runs(after)),
        Point("questions answered", _answered(before), _answered(after), ""),
        Point("role", before.role or "any", after.role or "any", ""),
        Point("katas", _katas(before), _katas(after), ""),
    ]
    return tuple(points)


def signed(change: float | None) -> str:
    """`+5`, `-2`, `0`, or a dot where there is nothing to compare with."""
    if change is None:
        return "·"
    return f"{change:+g}" if change else "0"


def _number(label: str, before: float | None, after: float | None) -> Point:
    change = None if before is None or after is None else after - before
    return Point(label, _shown(before), _shown(after), signed(change))


def _shown(value: float | None) -> str:
    return "·" if value is None else f"{value:g}"


def _solved(interview: Interview) -> str:
    return f"{interview.solved}/{len(interview.tasks)}"


def _time(interview: Interview) -> str:
    return f"{minutes(interview.spent_s)}/{minutes(interview.limit_s)}"


def _runs(interview: Interview) -> int:
    return sum(task.runs for task in interview.tasks)


def _answered(interview: Interview) -> str:
    answers = interview.answers or ()
    return f"{sum(bool(answer.typed.strip()) for answer in answers)}/{len(answers)}"


def _katas(interview: Interview) -> str:
    return ", ".join(task.slug.partition("_")[0].upper() for task in interview.tasks)
