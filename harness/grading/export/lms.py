"""Grade files that learning platforms import: Canvas' gradebook CSV and Moodle's grade CSV.

A kata that was not graded, or whose submission was refused, has an empty cell: importing leaves what is
there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from harness.core.csv import Identifier, Value, csv_lines, write_csv
from harness.grading.export.view import CohortView, KataView, LearnerView, ResultView
from harness.grading.model import Learner
from harness.sources.untrusted_text import line

_CANVAS_ID = ("id", "canvasid", "canvasuserid", "userid")
_CANVAS_SIS_ID = ("sisuserid", "sisid")
_CANVAS_LOGIN = ("sisloginid", "loginid", "login", "username")
CANVAS_IDENTIFIERS = {"ID": _CANVAS_ID, "SIS User ID": _CANVAS_SIS_ID, "SIS Login ID": _CANVAS_LOGIN}
"""Columns of Canvas that identify a student, and what rosters call them."""
_MOODLE_ID = ("idnumber", "moodleid")
_MOODLE_USER = ("username", "login")
_FEEDBACK_TESTS = 10
"""Failed tests that a gradebook's feedback names; the learner's page has all."""


def render_canvas(view: CohortView, learners: Sequence[Learner]) -> str:
    """The file for Canvas' Gradebook, Import: a column a kata, matched by title or made as a new assignment.

    Canvas finds a student by ID, SIS User ID or SIS Login ID, and by name when there is none of them.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *map(canvas_title, view.katas)]
    points: list[Value] = ["    Points Possible", "", "", "", "", *(kata.points for kata in view.katas)]
    rows: list[Sequence[Value]] = [header, points]
    for shown, learner in zip(view.learners, learners, strict=True):
        ids = [identifier(learner, names) for names in (_CANVAS_ID, _CANVAS_SIS_ID, _CANVAS_LOGIN)]
        section = identifier(learner, ("section",)) or shown.group
        # Canvas takes any row with these words in its name for the row of points
        name = re.sub("points possible", "points-possible", shown.name, flags=re.IGNORECASE)
        rows.append([name, *ids, section, *(result.score for result in shown.results)])
    return write_csv(rows)


def render_canvas_reasons(view: CohortView, learners: Sequence[Learner]) -> str:
    """What stands beside the marks for Canvas, whose import has no column for it: a row for each result that needs one."""
    rows: list[Sequence[Value]] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Assignment", "Status", "Points", "Reason"]
    ]
    for shown, learner in zip(view.learners, learners, strict=True):
        ids = [identifier(learner, names) for names in (_CANVAS_ID, _CANVAS_SIS_ID, _CANVAS_LOGIN)]
        rows += [
            [shown.name, *ids, canvas_title(kata), result.state, result.score, result.notes]
            for kata, result in zip(view.katas, shown.results, strict=True)
            if result.notes
        ]
    return write_csv(rows)


def render_moodle(view: CohortView, shown: Iterable[LearnerView], learners: Sequence[Learner]) -> Iterator[str]:
    """The file for Moodle's Grades, Import, CSV file, in lines: map "Email address" or "ID number", then grades and feedback.

    `shown` are the learners of `view` with their tests, `learners` the same as the roster has them.
    """
    yield from csv_lines(_moodle_rows(view, shown, learners))


def _moodle_rows(
    view: CohortView, shown: Iterable[LearnerView], learners: Sequence[Learner]
) -> Iterator[Sequence[Value]]:
    header = ["Full name", "ID number", "Username", "Email address"]
    for kata in view.katas:
        header += [canvas_title(kata), f"Feedback: {canvas_title(kata)}"]
    yield header
    for one, learner in zip(shown, learners, strict=True):
        row: list[Value] = [one.name, identifier(learner, _MOODLE_ID), identifier(learner, _MOODLE_USER)]
        row.append(Identifier(line(learner.email)))
        for result in one.results:
            row += [result.score, html.escape(feedback(result), quote=False)]  # Moodle shows feedback as HTML
        yield row


def without_canvas_id(learners: Sequence[Learner]) -> list[str]:
    """Names of learners whom Canvas can find by name only."""
    known = _CANVAS_ID + _CANVAS_SIS_ID + _CANVAS_LOGIN
    return [line(learner.name) for learner in learners if not identifier(learner, known)]


def without_moodle_id(learners: Sequence[Learner]) -> list[str]:
    """Names of learners whom Moodle cannot find."""
    known = _MOODLE_ID + _MOODLE_USER
    return [line(learner.name) for learner in learners if not learner.email and not identifier(learner, known)]


def feedback(result: ResultView) -> str:
    """What a gradebook tells the learner, in one line: how it stands, and which tests failed by which mistake."""
    parts = [result.state]
    if result.counts.total:
        parts[0] += f", {result.counts} tests pass"
    if result.hold_out.total:
        parts[0] += f", {result.hold_out} of the tests held out"
    parts += dict.fromkeys(filter(None, (result.problem, *result.sentences)))
    if any(not band.counts for band in result.bands) and result.score:
        parts.append("edge tests give no points while an example fails")
    parts += [
        f"{test.name}: {line(test.mistake or test.came)}" if test.mistake or test.came else test.name
        for test in result.failures[:_FEEDBACK_TESTS]
    ]
    more = len(result.failures) - _FEEDBACK_TESTS
    if more > 0:
        parts.append(f"and {more} more")
    return "; ".join(parts)


def canvas_title(kata: KataView) -> str:
    """What the assignment of a kata is called."""
    return f"{kata.id} {kata.title}"


def identifier(learner: Learner, names: Sequence[str]) -> Identifier:
    """The first of the roster's columns with one of these names, ignoring case and punctuation."""
    known = {re.sub(r"[^a-z0-9]", "", column.lower()): value for column, value in learner.identifiers.items()}
    return Identifier(next((line(known[name]) for name in names if known.get(name)), ""))
