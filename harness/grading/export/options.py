"""What can be chosen in an export: forms, and how a verdict becomes points. Light, for the command line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """What a cohort can be exported as."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    CANVAS = "canvas"
    MOODLE = "moodle"


class Rule(StrEnum):
    """What points are given for."""

    TESTS = "tests"
    """The share of tests that pass, hold-out ones included."""
    PASSED = "passed"
    """All points for a passed kata, none for any other."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Points a kata."""

    points: float = 100.0
    rule: Rule = Rule.TESTS

    def score(self, *, is_passed: bool, passed: int, total: int) -> float:
        """Points for a kata with `passed` of `total` tests, to two decimals.

        Only a passed kata gets all of them: one that is unstable, or whose run broke off, stays below although no
        test of it failed.
        """
        if is_passed:
            return self.points
        if self.rule is Rule.PASSED or total == 0:
            return 0.0
        share = min(passed, total - 1) / total
        return math.floor(self.points * share * 100) / 100
