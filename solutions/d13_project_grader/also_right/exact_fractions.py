"""Exact fractions throughout, of the decimals that the numbers are written as; one table of rows, from which all is read."""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple


@dataclass
class AssessmentCriterion:
    name: str
    description: str
    weight: float
    max_score: float
    rubrics: dict[float, str]


class Row(NamedTuple):
    category: str
    name: str
    weight: Fraction
    most: Fraction
    bands: list


class Mark(NamedTuple):
    row: Row
    score: Fraction | None
    percent: Fraction | None
    share: Fraction | None
    text: str


def exact(number):
    return Fraction(str(float(number)))


class AIProjectGrader:
    def __init__(self, criteria):
        self._rows = [self._row(category, one) for category, listed in criteria.items() for one in listed]
        keys = {(row.category, row.name) for row in self._rows}
        if not criteria or not all(criteria.values()) or len(keys) < len(self._rows):
            raise ValueError("categories and criteria must be there, and have different names")
        self._keys, self._categories = keys, tuple(criteria)

    @staticmethod
    def _row(category, one):
        if not all(math.isfinite(x) and x > 0 for x in (one.weight, one.max_score)) or not one.rubrics:
            raise ValueError(f"{one.name}: weight {one.weight}, max_score {one.max_score}, rubrics {one.rubrics}")
        bands = sorted(((exact(begin), text) for begin, text in one.rubrics.items()), reverse=True)
        if bands[0][0] > exact(one.max_score) or bands[-1][0] < 0:
            raise ValueError(f"{one.name}: bands must be from 0 to {one.max_score}")
        return Row(category, one.name, exact(one.weight), exact(one.max_score), [*bands, (0, "Below the lowest band")])

    def assess_project(self, submission):
        given = {(c, n): score for c, scores in submission.items() for n, score in scores.items()}
        unknown = [*(given.keys() - self._keys), *(submission.keys() - set(self._categories))]
        if unknown:
            raise ValueError(f"not known: {unknown}")
        marks = []
        for _, rows in groupby(self._rows, key=lambda row: row.category):
            marks += self._marks(list(rows), given)
        scores = dict.fromkeys(self._categories)
        detailed = {category: {} for category in self._categories}
        for mark in marks:
            category = mark.row.category
            if mark.score is not None:
                scores[category] = (scores[category] or 0) + mark.share * mark.percent
            numbers = (mark.score, mark.percent, mark.share and mark.share * mark.percent)
            raw, percent, weighted = (None if x is None else float(x) for x in numbers)
            told = {"raw_score": raw, "percent": percent, "weighted_score": weighted, "feedback": mark.text}
            detailed[category][mark.row.name] = told
        found = [score for score in scores.values() if score is not None]
        known = [mark for mark in marks if mark.score is not None]
        ranked = [(mark, round(mark.percent, 9), round(mark.share * (100 - mark.percent), 9)) for mark in known]
        strong = [mark for mark, percent, _ in sorted(ranked, key=lambda one: -one[1]) if percent >= 80]
        weak = [mark for mark, percent, _ in sorted(ranked, key=lambda one: -one[2]) if percent < 60]
        return {
            "overall_score": float(sum(found) / len(found)) if found else None,
            "category_scores": {name: None if score is None else float(score) for name, score in scores.items()},
            "detailed_feedback": detailed,
            "strengths": [(mark.row.category, mark.row.name) for mark in strong],
            "improvement_areas": [(mark.row.category, mark.row.name) for mark in weak],
        }

    @staticmethod
    def _marks(rows, given):
        found = [given.get((row.category, row.name)) for row in rows]
        total = sum(row.weight for row, score in zip(rows, found, strict=True) if score is not None)
        for row, score in zip(rows, found, strict=True):
            if score is None:
                yield Mark(row, None, None, None, "Not assessed")
                continue
            if not 0 <= score <= row.most:
                raise ValueError(f"{row.name}: {score} is not from 0 to {row.most}")
            points = exact(score)
            text = next(text for begin, text in row.bands if points >= begin)
            yield Mark(row, points, 100 * points / row.most, row.weight / total, text)
