"""`scoreboard.csv`: a row a learner, safe to open in a spreadsheet."""

from __future__ import annotations

from harness.core.csv import Value, write_csv
from harness.grading.export.view import CohortView


def render_csv(view: CohortView) -> str:
    """The scoreboard: totals, a column a set, then status and points of each kata, and why there are none.

    Where marks by hand or lateness change any mark of a kata, what the tests give stands before it.
    """
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
    changed = [any(learner.results[i].is_changed for learner in view.learners) for i in range(len(view.katas))]
    for kata, is_changed in zip(view.katas, changed, strict=True):
        header += [f"{kata.id} points of the tests", f"{kata.id} off for lateness"] if is_changed else []
        header += [f"{kata.id} status", f"{kata.id} points", f"{kata.id} reason"]
    rows: list[list[Value]] = []
    for learner in view.learners:
        row: list[Value] = [learner.name, learner.group, learner.slug, view.origin]
        row += [learner.katas.passed, learner.katas.total, learner.tests.passed, learner.tests.total, learner.score]
        row += [totals.katas.passed for totals in learner.sets]
        for result, is_changed in zip(learner.results, changed, strict=True):
            row += [result.automatic, result.deduction] if is_changed else []
            row += [result.state, result.score, result.notes]
        rows.append(row)
    return write_csv([header, *rows])
