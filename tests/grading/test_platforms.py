"""`results.json` as Gradescope and PrairieLearn read it: the fields that they document, and points that add up."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.grading.export.options import Form, Rule, Scoring
from harness.grading.export.write import render_files
from harness.grading.results import Cohort

from boards import make_report
from cohorts import make_cohort, make_grade, make_learner, mixed_cohort

SECRET = "test_secret"


def documents(cohort: Cohort, form: Form, scoring: Scoring | None = None) -> dict[str, Any]:
    """The documents by learner."""
    files = {name: b"".join(pieces) for _, name, pieces in render_files(cohort, [form], scoring)}
    return {name.removeprefix(f"{form}/").removesuffix(".json"): json.loads(data) for name, data in files.items()}


def with_hold_out() -> Cohort:
    report = make_report("a01_mse", "PPFP")
    report = replace(report, tests=(*report.tests[:3], replace(report.tests[3], name=SECRET)))
    return make_cohort((make_learner(1),), (replace(make_grade("learner-1", report), hold_out=(SECRET,)),))


def test_gradescope_has_the_documented_fields_and_nothing_else() -> None:
    for document in documents(mixed_cohort(), Form.GRADESCOPE).values():
        assert document.keys() == {"score", "output", "output_format", "visibility", "stdout_visibility", "tests"}
        assert isinstance(document["score"], float | int)
        for test in document["tests"]:
            assert test.keys() == {"name", "score", "max_score", "status", "output", "output_format", "visibility"}
            assert test["status"] in ("passed", "failed")
            assert test["visibility"] in ("visible", "hidden", "after_due_date", "after_published")
            assert 0 <= test["score"] <= test["max_score"] + 1e-9


def test_prairielearn_has_the_documented_fields_and_a_score_from_0_to_1() -> None:
    for document in documents(mixed_cohort(), Form.PRAIRIELEARN).values():
        assert document.keys() - {"format_errors"} == {"gradable", "score", "output", "tests"}
        assert 0 <= document["score"] <= 1
        for test in document["tests"]:
            assert test.keys() == {"name", "points", "max_points", "message"}
            assert 0 <= test["points"] <= test["max_points"] + 1e-9


@pytest.mark.parametrize("outcomes", ["PPPP", "PPFP", "PFPP", "FFFF", "FPPP"])
def test_the_points_of_the_tests_add_up_to_the_mark(outcomes: str) -> None:
    cohort = make_cohort((make_learner(1),), (make_grade("learner-1", make_report("a01_mse", outcomes)),))
    (document,) = documents(cohort, Form.GRADESCOPE).values()
    of_mse = [test for test in document["tests"] if test["name"].startswith("a01_mse: ")]
    assert sum(test["max_score"] for test in of_mse) == pytest.approx(100, abs=0.01)
    assert sum(test["score"] for test in of_mse) == pytest.approx(document["score"], abs=0.02)


def test_the_mark_is_that_of_the_rule_whatever_the_tests_are_worth() -> None:
    cohort = make_cohort((make_learner(1),), (make_grade("learner-1", make_report("a01_mse", "PPFP")),))
    (document,) = documents(cohort, Form.GRADESCOPE, Scoring(10, Rule.PASSED)).values()
    assert document["score"] == 0


def test_hold_out_tests_are_one_hidden_entry_without_a_name() -> None:
    (document,) = documents(with_hold_out(), Form.GRADESCOPE).values()
    assert SECRET not in json.dumps(document)
    (hidden,) = (test for test in document["tests"] if test["visibility"] == "hidden")
    assert (hidden["name"], hidden["output"]) == ("a01_mse: tests held out", "1/1 pass")
    assert sum(test["score"] for test in document["tests"] if "a01" in test["name"]) == pytest.approx(
        document["score"], abs=0.02
    )
    (shown,) = documents(with_hold_out(), Form.PRAIRIELEARN).values()
    assert "held out" not in json.dumps([test["name"] for test in shown["tests"]])


def test_a_run_outside_of_a_sandbox_says_so() -> None:
    grade = make_grade("learner-1", make_report("a01_mse", "PPPP"), mode="process")
    (document,) = documents(make_cohort((make_learner(1),), (grade,)), Form.GRADESCOPE).values()
    assert "not in a sandbox" in document["output"]


def test_a_submission_that_was_refused_is_not_gradable() -> None:
    grade = replace(make_grade("learner-1", make_report("a01_mse", "")), refusal="mse.py is a symbolic link")
    cohort = make_cohort((make_learner(1),), (grade,))
    (document,) = documents(cohort, Form.PRAIRIELEARN).values()
    assert document["gradable"] is False
    assert document["format_errors"]
    assert documents(cohort, Form.GRADESCOPE)["learner-1"]["score"] == 0
