"""`classroom50/result/v1` and nbgrader's columns: the fields that they document, whole points that add up."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from harness.grading.export.build import build
from harness.grading.export.classroom50 import Identity, RunnerMissingError
from harness.grading.export.nbgrader import COLUMNS, render_nbgrader
from harness.grading.export.options import Form, Scoring
from harness.grading.export.write import render_files
from harness.grading.late import LatePolicy
from harness.grading.results import Cohort
from harness.grading.weights import Weights

from boards import make_report
from cohorts import RUNNER, make_cohort, make_grade, make_learner, mixed_cohort

TEXTS = ("classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release", "review")
MOMENT = 1_780_324_325.0


@pytest.fixture(autouse=True)
def runner(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REVIEW_URL", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)


def documents(cohort: Cohort, scoring: Scoring | None = None) -> list[dict[str, Any]]:
    found = render_files(cohort, [Form.CLASSROOM50], scoring)
    return [json.loads(b"".join(pieces)) for _, _, pieces in found]


@pytest.mark.parametrize("points", [1, 7, 10, 100])
def test_the_documented_fields_are_there_and_whole_points_add_up(points: int) -> None:
    for document in documents(mixed_cohort(), Scoring(points=points)):
        assert document["schema"] == "classroom50/result/v1"
        assert all(document[name] for name in TEXTS)
        assert document["review"] == RUNNER["COMMIT_URL"]
        for name in ("datetime", "graded_at"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document[name])
        for test in document["tests"]:
            assert {"test-name", "passed", "score", "max-score"} <= test.keys()
            assert type(test["score"]) is type(test["max-score"]) is int
            assert 0 <= test["score"] <= test["max-score"]
        for name in ("score", "max-score"):
            assert document[name] == sum(test[name] for test in document["tests"])
        assert document["max-score"] == 5 * points


def test_full_points_are_for_full_marks_alone() -> None:
    report = make_report("a01_mse", "P" * 999 + "F")
    cohort = make_cohort((make_learner(1),), (make_grade("learner-1", report),), katas=("a01_mse",))
    (document,) = documents(cohort, Scoring(points=10))
    assert document["score"] == 9
    assert not document["tests"][0]["passed"]


def test_what_is_held_out_is_counted_and_not_named() -> None:
    report = make_report("a01_mse", "PPFP")
    secret = replace(report, tests=(*report.tests[:3], replace(report.tests[3], name="test_secret")))
    grade = replace(make_grade("learner-1", secret), hold_out=("test_secret",))
    (document,) = documents(make_cohort((make_learner(1),), (grade,), katas=("a01_mse",)))
    assert "secret" not in json.dumps(document)
    assert "1/1 held out" in document["tests"][0]["test-name"]


def test_the_submission_s_time_is_the_commit_s() -> None:
    cohort = mixed_cohort()
    index = replace(cohort.index, times={"learner-0/a01_mse": MOMENT})
    assert documents(replace(cohort, index=index))[0]["datetime"] == "2026-06-01T14:32:05Z"


def test_without_the_runner_it_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLASSROOM")
    with pytest.raises(RunnerMissingError, match="CLASSROOM is not set"):
        documents(mixed_cohort())
    without_owner = {name: value for name, value in RUNNER.items() if name != "OWNER"}
    assert Identity.of({**without_owner, "USERNAME": "zoe"}).owner == "zoe"


def late_cohort() -> Cohort:
    learners = (
        replace(make_learner(0, name="Kaya, Zoë"), identifiers={"Student ID": "z001"}),
        make_learner(1, name="Ada King"),
    )
    cohort = make_cohort(
        learners, (make_grade("learner-0", make_report("a01_mse", "PPPP")),), katas=("a01_mse", "b01_knn")
    )
    due = {"default": {"due": MOMENT - 90_000}, "a01_mse": {"points": 20.0}}
    times = {"learner-0/a01_mse": MOMENT}
    return replace(cohort, index=replace(cohort.index, weights=due, times=times, late=LatePolicy(0.1)))


def test_nbgrader_s_columns_hold_raw_score_penalty_and_score() -> None:
    cohort = late_cohort()
    text = render_nbgrader(build(cohort), cohort.index, Weights(cohort.index.weights))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["assignment"], row["student_id"]) for row in rows] == [
        ("a01_mse", "z001"),
        ("a01_mse", "login1"),
        ("b01_knn", "z001"),
        ("b01_knn", "login1"),
    ]
    first = rows[0]
    assert (first["last_name"], first["first_name"], first["email"]) == ("Kaya", "Zoë", "learner-0@example.org")
    assert (first["raw_score"], first["late_submission_penalty"], first["score"]) == ("20", "4", "16")
    assert first["max_score"] == "20"
    assert first["timestamp"].startswith("2026-06-01 14:32:05")
    assert first["duedate"].startswith("2026-05-31 13:32:05")
    assert (rows[1]["last_name"], rows[1]["timestamp"], float(rows[1]["score"])) == ("King", "", 0.0)


def test_a_refused_submission_has_no_score_in_nbgrader_s_columns() -> None:
    cohort = mixed_cohort()
    text = render_nbgrader(build(cohort), cohort.index, Weights())
    refused = [row for row in csv.DictReader(io.StringIO(text)) if row["student_id"] == "login6"]
    assert {row["score"] for row in refused} == {""}
