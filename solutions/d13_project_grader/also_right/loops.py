"""As people write it: nested loops over lists, a copy of everything, and a stable sort with cleaned-up numbers."""

import copy
import math
from dataclasses import dataclass


@dataclass
class AssessmentCriterion:
    name: str
    description: str
    weight: float
    max_score: float
    rubrics: dict


class AIProjectGrader:
    def __init__(self, criteria):
        if len(criteria) == 0:
            raise ValueError("no categories")
        for category in criteria:
            if len(criteria[category]) == 0:
                raise ValueError(f"no criteria in {category}")
            seen = []
            for criterion in criteria[category]:
                if criterion.name in seen:
                    raise ValueError(f"{criterion.name} is there twice")
                seen.append(criterion.name)
                if not (criterion.weight > 0 and math.isfinite(criterion.weight)):
                    raise ValueError(f"weight is {criterion.weight}")
                if not (criterion.max_score > 0 and math.isfinite(criterion.max_score)):
                    raise ValueError(f"max_score is {criterion.max_score}")
                if len(criterion.rubrics) == 0:
                    raise ValueError(f"no rubrics for {criterion.name}")
                if min(criterion.rubrics) < 0 or max(criterion.rubrics) > criterion.max_score:
                    raise ValueError(f"a band of {criterion.name} is out of range")
        self.criteria = copy.deepcopy(criteria)

    def assess_project(self, submission):
        self.check(submission)
        result = {
            "overall_score": None,
            "category_scores": {},
            "detailed_feedback": {},
            "strengths": [],
            "improvement_areas": [],
        }
        percents, costs = {}, {}
        for category, criteria in self.criteria.items():
            scores = submission.get(category, {})
            total_weight = 0.0
            for criterion in criteria:
                if scores.get(criterion.name) is not None:
                    total_weight += criterion.weight
            category_score = 0.0
            feedback = {}
            for criterion in criteria:
                score = scores.get(criterion.name)
                if score is None:
                    feedback[criterion.name] = {
                        "raw_score": None,
                        "percent": None,
                        "weighted_score": None,
                        "feedback": "Not assessed",
                    }
                    continue
                percent = score / criterion.max_score * 100
                weighted = criterion.weight * percent / total_weight
                category_score += weighted
                feedback[criterion.name] = {
                    "raw_score": float(score),
                    "percent": percent,
                    "weighted_score": weighted,
                    "feedback": self.get_band(criterion, score),
                }
                key = (category, criterion.name)
                if round(percent, 9) >= 80:
                    result["strengths"].append(key)
                elif round(percent, 9) < 60:
                    result["improvement_areas"].append(key)
                percents[key] = round(percent, 9)
                costs[key] = round(criterion.weight * (100 - percent) / total_weight, 9)
            result["detailed_feedback"][category] = feedback
            result["category_scores"][category] = category_score if total_weight > 0 else None
        found = [score for score in result["category_scores"].values() if score is not None]
        if found:
            result["overall_score"] = sum(found) / len(found)
        result["strengths"].sort(key=lambda key: percents[key], reverse=True)
        result["improvement_areas"].sort(key=lambda key: costs[key], reverse=True)
        return result

    def check(self, submission):
        for category, scores in submission.items():
            if category not in self.criteria:
                raise ValueError(f"unknown category {category}")
            by_name = {criterion.name: criterion for criterion in self.criteria[category]}
            for name, score in scores.items():
                if name not in by_name:
                    raise ValueError(f"unknown criterion {name}")
                if score is not None and not (score >= 0 and score <= by_name[name].max_score):
                    raise ValueError(f"score {score} of {name} is out of range")

    def get_band(self, criterion, score):
        best = None
        for begin in criterion.rubrics:
            if begin <= score and (best is None or begin > best):
                best = begin
        return "Below the lowest band" if best is None else criterion.rubrics[best]
