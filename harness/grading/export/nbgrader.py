"""Grades in the columns of `nbgrader export`, for scripts that read them: a row for each kata of each learner.

Columns: `CsvExportPlugin` of https://github.com/jupyter/nbgrader. As there, what was not handed in has 0 and no time. Times
are in UTC without an offset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from harness.core.csv import Identifier, Value, write_csv
from harness.grading.export.lms import identifier
from harness.grading.export.view import REFUSED, CohortView, ResultView
from harness.grading.model import Learner
from harness.grading.results import CohortIndex
from harness.grading.weights import Weights
from harness.sources.untrusted_text import line

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)
_STUDENT = ("studentid", "nbgraderid", "username", "login", "sisloginid", "idnumber", "sisuserid")
"""Columns of a roster that may hold what nbgrader knows a student by; the slug of the name where there is none."""


def render_nbgrader(view: CohortView, index: CohortIndex, weights: Weights) -> str:
    """The file `nbgrader.csv`. `index` has the learners of `view`, in its order, and when they handed in."""
    return write_csv([list(COLUMNS), *_rows(view, index, weights)])


def _rows(view: CohortView, index: CohortIndex, weights: Weights) -> Iterator[Sequence[Value]]:
    for number, kata in enumerate(view.katas):
        for shown, learner in zip(view.learners, index.learners, strict=True):
            result = shown.results[number]
            due = learner.due if learner.due is not None else weights.due(kata.slug)
            last, first = _names(shown.name)
            yield [
                Identifier(kata.slug),
                _time(due),
                _time(_submitted(index, learner, result)),
                identifier(learner, _STUDENT) or Identifier(shown.slug),
                last,
                first,
                Identifier(line(learner.email)),
                *_scores(result),
                kata.points,
            ]


def _scores(result: ResultView) -> tuple[Value, Value, Value]:
    """Raw score, penalty and score. A refused submission has none: it is not known what it is worth."""
    if result.score is None:
        return ("", "", "") if result.state == REFUSED else (0.0, 0.0, 0.0)
    return (round(result.score + result.deduction, 2), result.deduction, result.score)


def _submitted(index: CohortIndex, learner: Learner, result: ResultView) -> float | None:
    if learner.submitted is not None:
        return learner.submitted
    return index.times.get(f"{learner.slug}/{result.kata}")


def _time(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _names(name: str) -> tuple[str, str]:
    """Last and first name, of `Kaya, Zoë` or `Zoë Kaya`."""
    last, comma, first = name.partition(",")
    if comma:
        return last.strip(), first.strip()
    first, _, last = name.rpartition(" ")
    return last, first
