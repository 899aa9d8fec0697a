"""Grade projects by weighted criteria with rubrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class AssessmentCriterion:
    """What is marked, how much it counts, and what scores mean."""

    name: str
    description: str
    weight: float
    max_score: float
    rubrics: dict[float, str]  # the score at which a band begins -> what it says of the project


class AIProjectGrader:
    """Turn the scores of a project into percents, feedback, strengths and improvement areas.

    Args:
        criteria: for each category its criteria; weights count within a category.

    Raises:
        ValueError: a category or rubric is empty, a name comes twice in a category, or a number is out of range.
    """

    def __init__(self, criteria: dict[str, list[AssessmentCriterion]]) -> None:
        raise NotImplementedError

    def assess_project(self, submission: dict[str, dict[str, float | None]]) -> dict[str, Any]:
        """Return overall_score, category_scores, detailed_feedback, strengths and improvement_areas of a project.

        Args:
            submission: for each category the scores by criterion; what is missing or `None` has not been marked.

        Raises:
            ValueError: a score is out of range, or the grader does not have the category or criterion.
        """
        raise NotImplementedError
