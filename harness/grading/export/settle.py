"""From what the tests give to the mark that counts: lateness, marks by hand, grades that were made again."""

from __future__ import annotations

from dataclasses import replace

from harness.grading.export.options import Scoring
from harness.grading.export.view import ResultView
from harness.grading.late import LatePolicy
from harness.grading.model import Learner
from harness.grading.results import Cohort
from harness.sources.untrusted_text import line


def settled(result: ResultView, learner: Learner, cohort: Cohort, scoring: Scoring) -> ResultView:
    """`result` with the mark that counts, and beside it what the tests give.

    A mark by hand is final: lateness takes nothing off it.
    """
    most = scoring.most(result.kata)
    late_s = _late_s(result, learner, cohort, scoring)
    lost = min(result.score or 0.0, round(scoring.late.cost(late_s) * most, 2))
    again = cohort.changes.regrade(result.key) if result.key else None
    found = replace(
        result,
        points=most,
        automatic=result.score,
        late=scoring.late.words(late_s),
        regrade=line(again.reason, 500) if again is not None else "",
    )
    mark = cohort.changes.mark(learner.slug, result.kata)
    if mark is not None:
        score, note = round(mark.share * most, 2), line(mark.note, 500) or "no note"
        return replace(found, score=score, mark=note, late=LatePolicy().words(late_s))
    if result.score is None:
        return found
    return replace(found, score=round(result.score - lost, 2), deduction=lost)


def _late_s(result: ResultView, learner: Learner, cohort: Cohort, scoring: Scoring) -> float:
    """Seconds after the deadline; 0 when there is none, or when it is not known when the work was handed in."""
    due = learner.due if learner.due is not None else scoring.weights.due(result.kata)
    submitted = learner.submitted
    if submitted is None:
        submitted = cohort.index.times.get(f"{learner.slug}/{result.kata}")
    return max(0.0, submitted - due) if due is not None and submitted is not None else 0.0
