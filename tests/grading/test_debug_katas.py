"""Points of debug katas: by bands as for others, and none while no planted fault is repaired."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.grading.export.build import build
from harness.grading.results import Cohort

from boards import make_report
from cohorts import make_cohort, make_grade, make_learner

FAULTS = (("test_1",), ("test_2", "test_3"))


def cohort_of(outcomes: str, *, started: bool = True) -> Cohort:
    """One learner's report of a kata whose tests are `test_0`, which the stub passes, and those of two faults."""
    learner = make_learner(1)
    report = replace(make_report("a01_mse", outcomes), started=started)
    cohort = make_cohort((learner,), (make_grade(learner.slug, report),), katas=("a01_mse",))
    katas = tuple(replace(kata, faults=FAULTS) for kata in cohort.katas)
    return replace(cohort, index=replace(cohort.index, katas=katas))


@pytest.mark.parametrize(
    ("outcomes", "points", "reason"),
    [
        ("PFFF", 0.0, "no fault of the stub is repaired"),
        ("PFPF", 0.0, "no fault of the stub is repaired"),
        ("PPFF", 50.0, ""),
        ("PPPP", 100.0, ""),
    ],
)
def test_points_begin_with_the_first_fault_that_is_repaired(outcomes: str, points: float, reason: str) -> None:
    result = build(cohort_of(outcomes)).learners[0].results[0]
    assert (result.score, result.reason) == (points, reason)


def test_a_stub_handed_in_unchanged_has_no_points_and_is_not_started() -> None:
    result = build(cohort_of("", started=False)).learners[0].results[0]
    assert (result.state, result.score, result.reason) == ("not started", 0.0, "")
