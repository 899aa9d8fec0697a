"""Grade projects by weighted criteria with rubrics: the reference."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

STRENGTH_PERCENT, IMPROVEMENT_PERCENT = 80.0, 60.0
CLOSE = 1e-9
NOT_ASSESSED, BELOW_ALL = "Not assessed", "Below the lowest band"


@dataclass
class AssessmentCriterion:
    """What is marked, how much it counts, and what scores mean."""

    name: str
    description: str
    weight: float
    max_score: float
    rubrics: dict[float, str]  # the score at which a band begins -> what it says of the project


@dataclass(frozen=True)
class _Criterion:
    """What the grader keeps of a criterion."""

    weight: float
    max_score: float
    bands: tuple[tuple[float, str], ...]  # sorted

    def feedback(self, score: float) -> str:
        """The description of the highest band that a score reaches."""
        reached = bisect_right([begin for begin, _ in self.bands], score)
        return self.bands[reached - 1][1] if reached else BELOW_ALL


class AIProjectGrader:
    """Turn the scores of a project into percents, feedback, strengths and improvement areas.

    Args:
        criteria: for each category its criteria; weights count within a category.

    Raises `ValueError` for an empty category or rubric, a name that comes twice in a category, a number out of range.
    """

    def __init__(self, criteria: dict[str, list[AssessmentCriterion]]) -> None:
        if not criteria:
            raise ValueError("criteria must have at least one category, got none")
        self._categories: dict[str, dict[str, _Criterion]] = {}
        for category, listed in criteria.items():
            names = [criterion.name for criterion in listed]
            if not names or len(set(names)) < len(names):
                raise ValueError(f"criteria of {category!r} must be one or more with different names, got {names}")
            self._categories[category] = {criterion.name: _checked(criterion) for criterion in listed}

    def assess_project(self, submission: dict[str, dict[str, float | None]]) -> dict[str, Any]:
        """Return overall_score, category_scores, detailed_feedback, strengths and improvement_areas of a project.

        Raises `ValueError` for a score out of range, and a category or criterion that the grader does not have.
        """
        for category, scores in submission.items():
            for name in scores if category in self._categories else [None]:
                if name not in self._categories.get(category, {}):
                    raise ValueError(f"submission must have known names, got {category!r}: {name!r}")
        category_scores: dict[str, float | None] = {}
        detailed: dict[str, dict[str, dict[str, Any]]] = {}
        strengths: list[tuple[float, tuple[str, str]]] = []
        improvement_areas: list[tuple[float, tuple[str, str]]] = []
        for category, criteria in self._categories.items():
            scores = submission.get(category, {})
            marked = {name: score for name in criteria if (score := scores.get(name)) is not None}
            total = sum(criteria[name].weight for name in marked)
            feedback = detailed[category] = {}
            for name, criterion in criteria.items():
                if name not in marked:
                    feedback[name] = dict.fromkeys(("raw_score", "percent", "weighted_score"), None)
                    feedback[name] |= {"feedback": NOT_ASSESSED}
                    continue
                score = marked[name]
                if not 0 <= score <= criterion.max_score:
                    raise ValueError(f"score of {name!r} must be from 0 to {criterion.max_score}, got {score}")
                percent = 100 * score / criterion.max_score
                share = criterion.weight / total
                feedback[name] = {
                    "raw_score": float(score),
                    "percent": percent,
                    "weighted_score": share * percent,
                    "feedback": criterion.feedback(score),
                }
                if percent > STRENGTH_PERCENT - CLOSE:
                    strengths.append((percent, (category, name)))
                if percent < IMPROVEMENT_PERCENT - CLOSE:
                    improvement_areas.append((share * (100 - percent), (category, name)))
            points = [one["weighted_score"] for one in feedback.values() if one["weighted_score"] is not None]
            category_scores[category] = math.fsum(points) if points else None
        assessed = [score for score in category_scores.values() if score is not None]
        return {
            "overall_score": math.fsum(assessed) / len(assessed) if assessed else None,
            "category_scores": category_scores,
            "detailed_feedback": detailed,
            "strengths": _highest_first(strengths),
            "improvement_areas": _highest_first(improvement_areas),
        }


def _checked(criterion: AssessmentCriterion) -> _Criterion:
    """What the grader keeps; raise `ValueError` for a number out of range. NaN is in no range."""
    for name in ("weight", "max_score"):
        value = getattr(criterion, name)
        if not 0 < value < math.inf:
            raise ValueError(f"{name} of {criterion.name!r} must be finite and above 0, got {value}")
    if not criterion.rubrics:
        raise ValueError(f"rubrics of {criterion.name!r} must not be empty")
    for begin in criterion.rubrics:
        if not 0 <= begin <= criterion.max_score:
            raise ValueError(f"bands of {criterion.name!r} must be from 0 to {criterion.max_score}, got {begin}")
    return _Criterion(criterion.weight, criterion.max_score, tuple(sorted(criterion.rubrics.items())))


def _highest_first(valued: list[tuple[float, tuple[str, str]]]) -> list[tuple[str, str]]:
    """Sort by value, the highest first; what is closer than rounding errors stays in order."""
    return [names for _, names in sorted(valued, key=lambda one: -round(one[0], 9))]
