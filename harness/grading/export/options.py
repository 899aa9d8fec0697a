"""What can be chosen in an export: forms, and how a verdict becomes points. Light, for the command line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.core.model import Band
from harness.grading.late import LatePolicy
from harness.grading.weights import Weights


class Form(StrEnum):
    """What a cohort can be exported as."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"
    PRAIRIELEARN = "prairielearn"
    CLASSROOM50 = "classroom50"
    NBGRADER = "nbgrader"


PER_SUBMISSION = (Form.GRADESCOPE, Form.PRAIRIELEARN, Form.CLASSROOM50)
"""Forms of which each learner has a file, for platforms that grade a submission at a time."""
USUAL = tuple(form for form in Form if form not in (*PER_SUBMISSION, Form.NBGRADER))
"""Forms that are written when none is asked for."""


NAMED_FORMS = (Form.CANVAS, Form.MOODLE, Form.NBGRADER, *PER_SUBMISSION)
"""Forms that are of no use without names and identifiers."""


class Rule(StrEnum):
    """What points are given for."""

    BANDS = "bands"
    """The share of tests that pass in each band, weighted."""
    TESTS = "tests"
    """The share of all tests that pass."""
    PASSED = "passed"
    """All points for a passed kata, none for any other."""


@dataclass(frozen=True, slots=True)
class BandCount:
    """The tests of one band, hold-out ones included. A test whose verdict changed counts as not passed."""

    passed: int
    total: int

    @property
    def share(self) -> float:
        """How many pass, 0 to 1."""
        return self.passed / self.total


@dataclass(frozen=True, slots=True)
class Scoring:
    """Points a kata."""

    points: float = 100.0
    """Of a kata that has none of its own."""
    rule: Rule = Rule.BANDS
    weights: Weights = field(default_factory=Weights)
    late: LatePolicy = field(default_factory=LatePolicy)

    def most(self, slug: str) -> float:
        """What the kata `slug` is out of."""
        return self.weights.points(slug) or self.points

    def score(self, slug: str, bands: Mapping[Band, BandCount], *, is_passed: bool) -> float:
        """Points for the kata `slug`, rounded down to two decimals. `bands` has those of which there are tests.

        A passed kata gets all points. Otherwise the rule decides; a run that broke off, or a verdict that is unstable, stays
        below although no test failed.
        """
        if is_passed:
            return self.most(slug)
        share = 0.0
        if self.rule is Rule.BANDS:
            share = self._share(slug, bands)
        elif self.rule is Rule.TESTS and bands:
            total = sum(count.total for count in bands.values())
            share = min(sum(count.passed for count in bands.values()), total - 1) / total
        return math.floor(self.most(slug) * share * 100) / 100

    def _share(self, slug: str, bands: Mapping[Band, BandCount]) -> float:
        weights = self.weights.of(slug)
        whole = sum(weights[band] for band in bands)
        gained = sum(weights[band] * count.share for band, count in bands.items() if counts(band, bands))
        return gained / whole if whole else 0.0


def counts(band: Band, bands: Mapping[Band, BandCount]) -> bool:
    """Whether tests of `band` give points: those of `edge` give none while an example test does not pass.

    Many edge tests ask for an error, so code that does nothing but raise one would pass them.
    """
    example = bands.get(Band.EXAMPLE)
    return band is not Band.EDGE or example is None or example.passed == example.total
