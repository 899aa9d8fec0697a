"""`scoreboard.csv`: a row a learner, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from harness.cohort.export.text import cell
from harness.cohort.export.view import CohortView

Value = str | float | None


def render_csv(view: CohortView) -> str:
    """The scoreboard: totals, a column a set, then status and points of each kata."""
    header = [
        "learner",
        "group",
        "page",
        "source of verdicts",
        "katas passed",
        "katas",
        "tests passed",
        "tests",
        "points",
    ]
    header += [f"set {known} passed" for known in view.sets]
    for kata in view.katas:
        header += [f"{kata.id} status", f"{kata.id} points"]
    rows: list[list[Value]] = []
    for learner in view.learners:
        row: list[Value] = [learner.name, learner.group, learner.slug, view.origin]
        row += [learner.katas.passed, learner.katas.total, learner.tests.passed, learner.tests.total, learner.score]
        row += [totals.katas.passed for totals in learner.sets]
        for result in learner.results:
            row += [result.state, result.score]
        rows.append(row)
    return write_csv([header, *rows])


def write_csv(rows: Iterable[Sequence[Value]]) -> str:
    """Rows as CSV: texts are quoted and never formulas, numbers as short as they are, None an empty cell."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerows([_value(value) for value in row] for row in rows)
    return out.getvalue()


def _value(value: Value) -> Value:
    if isinstance(value, str):
        return cell(value)
    if value is None:
        return ""
    return int(value) if value == int(value) else value
