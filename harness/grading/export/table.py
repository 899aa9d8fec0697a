"""`scoreboard.csv`: a row a learner, safe to open in a spreadsheet."""

from __future__ import annotations

from harness.core.csv import Value, write_csv
from harness.grading.export.view import CohortView


def render_csv(view: CohortView) -> str:
    """The scoreboard: totals, a column a set, then status and points of each kata, and why there are none."""
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
        header += [f"{kata.id} status", f"{kata.id} points", f"{kata.id} reason"]
    rows: list[list[Value]] = []
    for learner in view.learners:
        row: list[Value] = [learner.name, learner.group, learner.slug, view.origin]
        row += [learner.katas.passed, learner.katas.total, learner.tests.passed, learner.tests.total, learner.score]
        row += [totals.katas.passed for totals in learner.sets]
        for result in learner.results:
            row += [result.state, result.score, result.notes]
        rows.append(row)
    return write_csv([header, *rows])
