"""Reports survive a round trip, and claims that the evidence does not bear out are not believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.errors import ReportError
from harness.core.model import (
    Band,
    Failure,
    FailureKind,
    Figure,
    FigureKind,
    KataReport,
    Outcome,
    Problem,
    ProblemKind,
    Status,
    Suite,
    TestResult,
)
from harness.core.report import dump, parse

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
_RUN = [kind for kind in FailureKind if kind not in ("timed out", "suite timed out", "not run")]
FAILURES = st.builds(Failure, *[TEXTS] * 6, kind=st.sampled_from(_RUN))
FIGURES = st.builds(Figure, st.sampled_from(FigureKind), TEXTS, *[st.floats(0.1, 100)] * 2, TEXTS)


@st.composite
def results(draw: st.DrawFn, name: str) -> TestResult:
    outcome = draw(st.sampled_from(Outcome))
    failure = draw(FAILURES) if outcome is Outcome.FAILED else None
    figures = tuple(draw(st.lists(FIGURES, max_size=2))) if outcome is not Outcome.NOT_RUN else ()
    duration_s = draw(st.floats(0, 10)) if outcome is not Outcome.NOT_RUN else 0.0
    return TestResult(name, draw(st.sampled_from(Band)), outcome, duration_s, failure, figures)


@st.composite
def reports(draw: st.DrawFn) -> KataReport:
    names = draw(
        st.lists(st.from_regex(r"test_[a-z]{1,8}(\[[a-z0-9]{1,3}\])?", fullmatch=True), unique=True, min_size=1)
    )
    problem = draw(st.none() | st.builds(Problem, st.sampled_from(ProblemKind), TEXTS))
    return KataReport(
        slug="a01_mse",
        subject=draw(st.sampled_from(["learner", "reference"])),
        tests=tuple(draw(results(name)) for name in names),
        problem=problem,
        started=draw(st.booleans()),
        digest=draw(TEXTS),
        created=draw(st.floats(0, 1e10)),
        duration_s=draw(st.floats(0, 1e3)),
        seed=draw(TEXTS),
        suite=draw(st.sampled_from(Suite)),
    )


@given(reports())
def test_a_report_survives_the_round_trip(report: KataReport) -> None:
    (again,) = parse(dump(report), "report.json")
    assert again == report


def document(outcomes: dict[str, str], **kwargs: Any) -> dict[str, Any]:
    """A document as pytest-json-report writes it, with a test a key."""
    failed = "failed" in outcomes.values()
    return {
        "created": 1.0,
        "duration": 1.0,
        "exitcode": int(failed),
        "tests": [
            {"nodeid": name, "outcome": outcome, "call": {"outcome": outcome, "duration": 0.1}}
            for name, outcome in outcomes.items()
        ],
        "kata": {
            "format": 1,
            "subject": "learner",
            "katas": {"a01_mse": {"expected": dict.fromkeys(outcomes, "law"), "deselected": [], "problem": None}},
        },
        **kwargs,
    }


def status_of(raw: dict[str, Any]) -> Status:
    (report,) = parse(json.dumps(raw).encode(), "report.json")
    return report.status


def test_an_honest_report_is_believed() -> None:
    assert status_of(document({"t::a": "passed", "t::b": "passed"})) is Status.PASSED


def test_a_test_that_is_missing_makes_the_run_incomplete() -> None:
    raw = document({"t::a": "passed", "t::b": "passed"})
    del raw["tests"][1]
    (report,) = parse(json.dumps(raw).encode(), "report.json")
    assert report.status is Status.BROKEN
    assert report.problem == Problem(ProblemKind.INCOMPLETE, "the run of a01_mse ended after 1 of 2 tests, before b")


def test_a_pass_without_a_call_is_no_pass() -> None:
    raw = document({"t::a": "passed"})
    raw["tests"][0] |= {"call": None, "setup": {"outcome": "passed"}}
    assert status_of(raw) is Status.BROKEN


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_an_exit_code_that_does_not_fit_is_not_believed(code: int) -> None:
    assert status_of(document({"t::a": "passed"}, exitcode=code)) is Status.BROKEN


def test_a_failed_stage_outweighs_a_claimed_pass() -> None:
    raw = document({"t::a": "passed", "t::b": "passed"})
    raw["tests"][0]["call"]["outcome"] = "failed"
    assert status_of(raw) is not Status.PASSED


def test_a_test_that_was_taken_away_is_not_missing_but_not_passed_either() -> None:
    raw = document({"t::a": "passed", "t::b": "passed"})
    del raw["tests"][1]
    raw["kata"]["katas"]["a01_mse"]["deselected"] = ["t::b"]
    assert status_of(raw) is Status.IN_PROGRESS


def test_a_skipped_test_is_no_pass() -> None:
    assert status_of(document({"t::a": "passed", "t::b": "skipped"})) is Status.IN_PROGRESS


def test_a_run_without_any_test_is_no_pass() -> None:
    assert status_of(document({})) is Status.BROKEN


@given(st.binary(max_size=200))
def test_any_bytes_give_a_report_or_one_clean_error(data: bytes) -> None:
    with pytest.raises(ReportError, match=r"^some\.json"):
        parse(data, "some.json")


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, lambda x: st.lists(x) | st.dictionaries(TEXTS, x))
)
def test_any_json_gives_a_report_or_one_clean_error(value: object) -> None:
    with pytest.raises(ReportError):
        parse(json.dumps({"kata": value, "tests": value}).encode(), "some.json")


def test_a_report_made_under_xdist_is_refused_in_a_sentence() -> None:
    raw = document({"t::a": "passed"})
    raw["kata"]["katas"] = {}
    with pytest.raises(ReportError, match="does not say which tests there are, as reports made under pytest-xdist"):
        parse(json.dumps(raw).encode(), "report.json")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16", "UTF-16"), ("utf-8-sig", "UTF-8 with a byte order mark")],
)
def test_a_report_that_a_shell_has_encoded_anew_is_named_as_such(encoding: str, name: str) -> None:
    data = json.dumps(document({"t::a": "passed"})).encode(encoding)
    with pytest.raises(ReportError, match=f"report.json is {name}, expected UTF-8"):
        parse(data, "report.json")
