"""Criteria as plain tuples, and graders made of them, which run where the grader is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import project_grader as kata

Plain = tuple[str, float, float, dict[float, str]]
"""Name, weight, max_score and rubrics of a criterion."""


def criteria(plain: Mapping[str, Sequence[Plain]]) -> dict[str, list[Any]]:
    """Criteria as the grader takes them."""
    return {
        category: [
            kata.AssessmentCriterion(name, f"about {name}", weight, most, dict(rubrics))
            for name, weight, most, rubrics in listed
        ]
        for category, listed in plain.items()
    }


def grade(plain: Mapping[str, Sequence[Plain]], submission: Any) -> Any:
    """What a new grader says of a submission."""
    return kata.AIProjectGrader(criteria(plain)).assess_project(submission)


def changed_later(plain: Mapping[str, Sequence[Plain]], submission: Any) -> list[Any]:
    """A result before and after the caller changed criteria and earlier results, and that of another grader."""
    given = criteria(plain)
    grader = kata.AIProjectGrader(given)
    first = grader.assess_project(submission)
    told = [deepcopy(first)]
    for feedback in first["detailed_feedback"].values():
        for one in feedback.values():
            one.update(percent=0.0, feedback="?")
        feedback.clear()
    first["strengths"].append(("a", "b"))
    first["improvement_areas"].append(("a", "b"))
    first["category_scores"].clear()
    told.append(grader.assess_project(submission))
    for listed in given.values():
        for criterion in listed:
            criterion.weight, criterion.max_score = 99.0, 1000.0
            criterion.rubrics.clear()
        listed.clear()
    given.clear()
    told.append(grader.assess_project(submission))
    return told


def unchanged(plain: Mapping[str, Sequence[Plain]], submission: Any) -> tuple[Any, Any]:
    """The criteria after a grader was made of them, as tuples, and the submission after it was assessed."""
    given = criteria(plain)
    kata.AIProjectGrader(given).assess_project(submission)
    told = {
        category: [(one.name, one.weight, one.max_score, dict(one.rubrics)) for one in listed]
        for category, listed in given.items()
    }
    return told, submission
