"""Filling in a gradebook that Canvas has exported: its own columns, with their assignment ids, and its own rows.

The format (Canvas' Instructor Guide, "How do I import grades in the Gradebook?"): a header, perhaps rows that are no students, a
row of "Points Possible", then a row a student.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.csv import Identifier, Value, write_csv
from harness.core.documents import ResultsError
from harness.grading.export.lms import CANVAS_IDENTIFIERS, canvas_title, identifier
from harness.grading.export.view import CohortView
from harness.grading.model import Learner
from harness.sources.untrusted_text import line

_PERSON = ("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")
"""Columns that say who a row is of; they are written as they came."""
_ASSIGNMENT = re.compile(r"(?P<title>.*?)(?: \((?P<id>\d+)\))?")
_POINTS = "points possible"


@dataclass(frozen=True, slots=True)
class Gradebook:
    """A gradebook as it was exported."""

    name: str
    header: list[str]
    rows: list[list[str]]
    """All rows after the header."""


@dataclass(slots=True)
class Filled:
    """A gradebook with marks, and what could not be brought into it."""

    text: str = ""
    notices: list[str] = field(default_factory=list)


def read_gradebook(file: Path) -> Gradebook:
    """The gradebook in `file`. Raises `ResultsError` when it is none."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{file} cannot be read: {error}") from error
    rows = [row for row in csv.reader(io.StringIO(text)) if any(row)]
    if not rows or rows[0][0].strip() != "Student" or "ID" not in rows[0]:
        raise ResultsError(
            f"{file} is not a gradebook of Canvas: its first columns are not Student and ID",
            hint="in Canvas: Grades, Export, Export Entire Gradebook",
        )
    return Gradebook(file.name, rows[0], rows[1:])


def fill_in(book: Gradebook, view: CohortView, learners: Sequence[Learner]) -> Filled:
    """The gradebook with the marks of the cohort, and nothing but the columns that Canvas needs for them.

    Marks are scaled to the points that the gradebook has for an assignment. A cell for which there is no mark keeps what it had.
    """
    filled = Filled()
    columns = _columns(book, view, filled)
    people = [place for place, name in enumerate(book.header) if name.strip() in _PERSON]
    out: list[Sequence[Value]] = [[Identifier(book.header[place]) for place in (*people, *columns)]]
    found: set[int] = set()
    points = next((row for row in book.rows if _POINTS in row[0].lower()), [])
    for row in book.rows:
        cells = [Identifier(_cell(row, place)) for place in people]
        number = None if _POINTS in row[0].lower() else _learner(book, row, learners)
        if number is None:
            out.append([*cells, *(_cell(row, place) for place in columns)])
            continue
        found.add(number)
        marks: list[Value] = []
        for place, kata in columns.items():
            score = view.learners[number].results[kata].score
            marks.append(
                _cell(row, place) if score is None else _scaled(score, view.katas[kata].points, _cell(points, place))
            )
        out.append([*cells, *marks])
    filled.notices += [
        f"{line(learner.name)} has no row in {book.name}" for i, learner in enumerate(learners) if i not in found
    ]
    filled.text = write_csv(out)
    return filled


def _columns(book: Gradebook, view: CohortView, filled: Filled) -> dict[int, int]:
    """Which column of the gradebook is of which kata."""
    titles = {canvas_title(kata).casefold(): number for number, kata in enumerate(view.katas)}
    columns = {}
    for place, name in enumerate(book.header):
        match = _ASSIGNMENT.fullmatch(name.strip())
        kata = titles.pop(match["title"].strip().casefold(), None) if match else None
        if kata is not None:
            columns[place] = kata
    if not columns:
        raise ResultsError(
            f"{book.name} has no column of a kata of this cohort",
            hint=f"name assignments in Canvas as the export does: {canvas_title(view.katas[0])!r}"
            if view.katas
            else "",
        )
    filled.notices += [f"{book.name} has no column {canvas_title(view.katas[kata])}" for kata in titles.values()]
    return columns


def _learner(book: Gradebook, row: Sequence[str], learners: Sequence[Learner]) -> int | None:
    """The number of the learner whose row this is: by an identifier that both know, else by name; None when there is none."""
    for column, names in CANVAS_IDENTIFIERS.items():
        wanted = _cell(row, book.header.index(column)).strip() if column in book.header else ""
        for number, learner in enumerate(learners):
            if wanted and identifier(learner, names) == wanted:
                return number
    name = _plain_name(row[0])
    same = [number for number, learner in enumerate(learners) if _plain_name(learner.name) == name]
    return same[0] if len(same) == 1 else None


def _plain_name(name: str) -> str:
    """A name in one spelling: Canvas writes `Lovelace, Ada`, rosters often `Ada Lovelace`."""
    last, comma, first = name.partition(",")
    return " ".join((f"{first} {last}" if comma else name).casefold().split())


def _cell(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _scaled(score: float, points: float, possible: str) -> float:
    """`score` out of `points` as one out of the gradebook's points; as it is where that has none."""
    try:
        wanted = float(possible)
    except ValueError:
        return score
    return round(score * wanted / points, 2) if wanted > 0 else score
