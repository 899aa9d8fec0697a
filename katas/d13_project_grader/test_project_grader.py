"""Suite of D13: results against the definition, missing marks, bands, lists in order, errors, copies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import marks
import numpy as np
import project_grader as kata
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marks import Plain

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call

grade, changed_later = in_subject_process(marks.grade), in_subject_process(marks.changed_later)
unchanged, made = in_subject_process(marks.unchanged), in_subject_process(marks.criteria)
Criteria = dict[str, Any]
Submission = dict[str, Any]
BANDS = {1: "beginner", 5: "competent", 9: "exceptional"}


# --- the definition --------------------------------------------------------------------------------------------------


def band(rubrics: Mapping[Any, str], score: float, slip: str) -> str:
    """The description for a score; `slip` is a mistake."""
    if slip == "exact key":
        return rubrics.get(score, "No specific feedback available")
    if slip == "whole key":
        return rubrics.get(int(score), "No specific feedback available")
    if slip == "nearest":
        return rubrics[min(rubrics, key=lambda begin: abs(begin - score))]
    if slip == "next":
        return next((rubrics[begin] for begin in sorted(rubrics) if begin >= score), rubrics[max(rubrics)])
    reached = [begin for begin in rubrics if (begin < score if slip == "above the band" else begin <= score)]
    if slip == "lowest for all" and not reached:
        return rubrics[min(rubrics)]
    picks: dict[str, Any] = {"first written": lambda r: r[0], "last written": lambda r: r[-1], "lowest": min}
    best = picks.get(slip, max)
    return rubrics[best(reached)] if reached else "Below the lowest band"


def percent_of(score: float, most: float, slip: str) -> float:
    """100 score / max_score."""
    return {"of ten": 10 * score, "raw": score, "share": score / most}.get(slip, 100 * score / most)


def category(criteria: Sequence[Plain], scores: Mapping[str, float | None], slip: str) -> tuple[Any, dict[str, Any]]:
    """Score and feedback of a category."""
    found: dict[str, Any] = {}
    none = (None, 0) if slip == "zero is missing" else (None,)
    marked = [one for one in criteria if scores.get(one[0]) not in none]
    counted = criteria if slip in ("missing is zero", "all weights") else marked
    total = sum(1 if slip == "plain mean" else weight for _, weight, _, _ in counted)
    total = 1 if slip == "not normalised" else total
    for name, weight, most, rubrics in criteria:
        score: Any = scores.get(name)
        if score in none:
            found[name] = {"raw_score": None, "percent": None, "weighted_score": None, "feedback": "Not assessed"}
            if slip == "missing is zero":
                found[name] = {"raw_score": 0, "percent": 0, "weighted_score": 0, "feedback": band(rubrics, 0, "")}
            continue
        percent = percent_of(float(score), most, slip)
        share = (1 if slip == "plain mean" else weight) / total
        weighted = weight * percent if slip == "weighted not divided" else share * percent
        feedback = band(rubrics, percent if slip == "band of the percent" else float(score), slip)
        found[name] = {"raw_score": score, "percent": percent, "weighted_score": weighted, "feedback": feedback}
    weighted_sum: Any = sum(one["weighted_score"] or 0 for one in found.values())
    if slip == "weighted not divided" and total:
        weighted_sum /= total
    if slip == "points of points" and marked:
        weighted_sum = 100 * sum(w * scores[n] for n, w, _, _ in marked) / sum(w * m for _, w, m, _ in marked)
    if not marked:
        weighted_sum = 0.0 if slip in ("missing is zero", "empty is zero") else None
    return weighted_sum, found


def overall(criteria: Criteria, scores: Mapping[str, Any], detailed: Mapping[str, Any], slip: str) -> float | None:
    """The mean of the categories that have a score."""
    found = {name: score for name, score in scores.items() if score is not None}
    if not found:
        return 0.0 if slip == "nothing is zero" else None
    if slip == "mean of criteria":
        percents = [one["percent"] for each in detailed.values() for one in each.values() if one["percent"] is not None]
        return float(np.mean(percents))
    weights = {name: sum(w for _, w, _, _ in criteria[name]) if slip == "overall by weight" else 1 for name in found}
    count = len(scores) if slip == "missing categories are zero" else sum(weights.values())
    return float(sum(weights[name] * score for name, score in found.items()) / count)


def assessed(criteria: Criteria, submission: Submission, slip: str = "") -> dict[str, Any]:
    """What README says of a submission; `slip` is a mistake."""
    scores, detailed = {}, {}
    strong: list[tuple[float, tuple[str, str]]] = []
    weak: list[tuple[float, tuple[str, str]]] = []
    for name, listed in criteria.items():
        if slip == "absent left out" and name not in submission:
            continue
        scores[name], detailed[name] = category(listed, submission.get(name, {}), slip)
        total = sum(one[1] for one in listed if detailed[name][one[0]]["percent"] is not None)
        for criterion, weight, _, _ in listed:
            percent = detailed[name][criterion]["percent"]
            if percent is None:
                continue
            percent = round(percent, 9)
            if percent > 80 or (percent == 80 and slip != "above 80"):
                strong.append((percent, (name, criterion)))
            if percent < 60 or (percent == 60 and slip == "60 is weak"):
                cost = {"lowest percent": 100 - percent, "weight first": weight}.get(slip)
                cost = weight * (100 - percent) / (1 if slip == "cost not shared" else total) if cost is None else cost
                weak.append((round(cost, 9), (name, criterion)))
    for found in (strong, weak):
        if slip != "not sorted":
            found.sort(key=lambda one: one[0] if slip == "smallest first" else -one[0])
    return {
        "overall_score": overall(criteria, scores, detailed, slip),
        "category_scores": scores,
        "detailed_feedback": detailed,
        "strengths": [one[1] for one in strong],
        "improvement_areas": [one[1] for one in weak],
    }


SLIPS = {
    "not normalised": "weights are not normalised within a category: divide by their sum",
    "all weights": "divided by the weights of all criteria: only of those that have a score",
    "missing is zero": "a criterion without a score counts as 0: it has not been marked",
    "zero is missing": "a score of 0 is taken for a missing one: ask for None",
    "empty is zero": "a category without any score has the score 0: None",
    "nothing is zero": "a submission without any score has the overall score 0: None",
    "missing categories are zero": "the overall score divides by all categories: by those that have a score",
    "plain mean": "the criteria of a category count the same: weight them",
    "overall by weight": "categories are weighted in the overall score: it is their plain mean",
    "mean of criteria": "the overall score is the mean of all criteria: of the categories",
    "absent left out": "a category that was not submitted is left out of the results: its score is None",
    "of ten": "each max_score is taken for 10",
    "raw": "the percent is the score itself: 100 * score / max_score",
    "share": "the percent is a share of 1: of 100",
    "points of points": "the weights multiply points and not percents: a criterion with a higher max_score counts more",
    "weighted not divided": "weighted_score is not divided by the sum of the weights",
    "exact key": "the rubric is looked up by the exact score: take the highest band that it reaches",
    "whole key": "the rubric is looked up by the whole score: take the highest band that it reaches",
    "nearest": "the nearest band: the highest one that the score reaches",
    "next": "the next band above: the highest one that the score reaches",
    "above the band": "a band begins above its score: at it",
    "lowest for all": "a score below all bands gets the lowest one",
    "first written": "the first band that the score reaches in the order of the dict: the highest one",
    "last written": "the last band that the score reaches in the order of the dict: the highest one",
    "lowest": "the lowest band: the highest one that the score reaches",
    "band of the percent": "the band is looked up by the percent: by the score",
    "above 80": "80 percent is a strength, also where floats say 79.99999999999999",
    "60 is weak": "60 percent is no improvement area, also where floats say 59.99999999999999",
    "lowest percent": "improvement areas by the percent: by the points that they cost their category",
    "weight first": "improvement areas by the weight: by the points that they cost their category",
    "cost not shared": "costs without the division by the sum of the weights: categories compare by points",
    "not sorted": "the lists are not sorted",
    "smallest first": "the lists begin with the smallest value",
}


def rounded(found: Any) -> Any:
    """A result with numbers to 9 decimals, and pairs as lists."""
    if isinstance(found, dict):
        return {key: rounded(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [rounded(one) for one in found]
    is_number = isinstance(found, int | float | np.generic) and not isinstance(found, bool)
    return round(float(found), 9) + 0.0 if is_number else found


def hold(criteria: Criteria, submission: Submission) -> None:
    """Compare each part of a result with the definition."""
    asked = f"assess_project({submission}) of {[(c, [(n, w, m) for n, w, m, _ in one]) for c, one in criteria.items()]}"
    if len(criteria) > 5:
        asked = f"assess_project of {len(criteria)} categories"
    taken = partial(grade, criteria, submission)
    got = rounded(check.accepts(taken, asked=asked, because="criteria and submission are as they should be"))
    want = rounded(assessed(criteria, submission))
    mistakes = {
        text: partial(lambda slip: rounded(assessed(criteria, submission, slip)), slip) for slip, text in SLIPS.items()
    }
    fit = {text: value() for text, value in mistakes.items()} if got != want else {}
    check.true(isinstance(got, dict), asked=asked, came=got, expected="a dict")
    whole = [text for text, value in fit.items() if check.is_equal(value, got)]
    for key, right in want.items():
        there = got.get(key)
        near = whole or [text for text, value in fit.items() if check.is_equal(value[key], there)]
        if isinstance(right, dict) and isinstance(there, dict):
            check.equal(list(there), list(right), asked=f"the categories of {key}, {asked}", hint=ORDER)
        check.equal(
            there, right, asked=f"{key}, {asked}", mistakes=dict.fromkeys(near, there), hint="see README's rules"
        )
    check.equal(sorted(got), sorted(want), asked=f"the keys of the result, {asked}")


ORDER = "all categories of the grader, in its order, whatever the order of the submission"


def one(score: float | None, rubrics: Mapping[Any, str] = BANDS, most: float = 10) -> tuple[Criteria, Submission]:
    """A grader of one criterion, and a submission."""
    return {"code": [("tests", 1, most, dict(rubrics))]}, {"code": {"tests": score}}


# --- examples --------------------------------------------------------------------------------------------------------

README: Criteria = {
    "code": [("tests", 3, 10, BANDS), ("style", 1, 10, BANDS)],
    "presentation": [("talk", 1, 20, {0: "unclear", 10: "clear"})],
}


@pytest.mark.example
def test_worked_example() -> None:
    submission = {"code": {"tests": 8.5, "style": 4}}
    hold(README, submission)
    result = grade(README, submission)
    check.close(result["overall_score"], 73.75, asked="overall_score of README's example")
    hold(README, {"code": {"tests": 8.5, "style": 4}, "presentation": {"talk": 12}})


@pytest.mark.example
@pytest.mark.parametrize("weights", [(0.25, 0.2, 0.25), (5, 4, 5), (1, 1, 1), (0.5, 0.25, 0.25)], ids=str)
def test_weights_are_normalised_within_a_category(weights: tuple[float, ...]) -> None:
    criteria = {"a": [(f"c{i}", w, 10, BANDS) for i, w in enumerate(weights)], "b": [("x", 7, 10, BANDS)]}
    for scores in ((10, 10, 10), (10, 0, 5), (3, 8, 8)):
        hold(criteria, {"a": {f"c{i}": score for i, score in enumerate(scores)}, "b": {"x": 5}})


@pytest.mark.example
@pytest.mark.parametrize("score", [0, 0.99, 1, 4.9, 5, 5.5, 8, 8.99, 9, 10])
def test_feedback_is_of_the_highest_band_that_the_score_reaches(score: float) -> None:
    hold(*one(score))
    hold(*one(score, {9: "exceptional", 1: "beginner", 5: "competent"}))
    hold(*one(score, {5: "competent", 9: "exceptional", 1: "beginner"}))
    hold(*one(score, {8.5: "high", 0: "low", 2.5: "some"}, most=20))


@pytest.mark.example
def test_criteria_with_different_max_scores_count_by_percent() -> None:
    a = [("x", 1, 5, {1: "one", 4: "four"}), ("y", 1, 100, {0: "low", 50: "high"})]
    criteria = {"a": a, "b": [("z", 2, 4, {1: "one"})]}
    hold(criteria, {"a": {"x": 5, "y": 20}, "b": {"z": 1}})
    hold(criteria, {"a": {"x": 1, "y": 90}, "b": {"z": 0.5}})


@pytest.mark.example
def test_what_is_missing_is_no_zero() -> None:
    full = {"code": {"tests": 8, "style": 3}, "presentation": {"talk": 5}}
    hold(README, full)
    hold(README, full | {"code": {"style": 3}})
    hold(README, full | {"code": {"tests": None, "style": 3}})
    hold(README, full | {"code": {"tests": 0, "style": 3}})
    hold(README, full | {"presentation": {}})
    hold(README, full | {"presentation": {"talk": None}})
    hold(README, {"code": {"tests": 0, "style": 0}})
    hold(README, {"presentation": {"talk": 0}})


@pytest.mark.example
def test_results_are_in_the_order_of_the_grader() -> None:
    hold(README, {"presentation": {"talk": 12}, "code": {"style": 3, "tests": 5}})
    hold(README, {"presentation": {"talk": 12}})
    got = grade(README, {"code": {"style": 3, "tests": 5}})["detailed_feedback"]["code"]
    check.equal(list(got), ["tests", "style"], asked="the criteria of detailed_feedback['code']", hint=ORDER)


@pytest.mark.example
def test_nothing_at_all_has_no_score() -> None:
    submissions: tuple[Any, ...] = ({}, {"code": {}}, {"code": {"tests": None}, "presentation": {}})
    for submission in submissions:
        hold(README, submission)


@pytest.mark.example
def test_strengths_from_80_percent_and_improvement_areas_below_60() -> None:
    for most in (10, 5, 7, 11, 3):
        for percent in (0, 59, 59.9, 60, 60.1, 79.9, 80, 80.1, 100):
            hold(*one(percent * most / 100, {0: "any"}, most))
    cases: tuple[tuple[float, float], ...] = (
        (10.2, 17),
        (5.4, 9),
        (4.2, 7),
        (2.7, 4.5),
        (18.4, 23),
        (8.8, 11),
        (17.6, 22),
    )
    for score, highest in cases:
        hold(*one(score, {0: "any"}, highest))


@pytest.mark.example
def test_the_lists_begin_with_what_matters_most() -> None:
    a = [("low", 1, 10, BANDS), ("middle", 4, 10, BANDS), ("top", 1, 10, BANDS), ("good", 2, 10, BANDS)]
    b = [("alone", 0.5, 10, BANDS), ("fine", 0.5, 10, BANDS)]
    hold({"a": a, "b": b}, {"a": {"low": 1, "middle": 5, "top": 10, "good": 8}, "b": {"alone": 3, "fine": 9}})
    hold({"b": b, "a": a}, {"a": {"low": 5, "middle": 5, "top": 8, "good": 8}, "b": {"alone": 5.5, "fine": 8}})
    hold({"a": a, "b": b}, {"a": {"good": 2, "middle": 5}, "b": {"fine": 2, "alone": 1}})


@pytest.mark.example
def test_equal_values_are_in_the_order_of_the_criteria() -> None:
    sevenths = [(name, 1, most, {0: "any"}) for name, most in (("z", 7), ("m", 14), ("b", 21), ("a", 3.5))]
    for share in (0.1, 0.3, 0.55, 0.83, 0.9):
        hold({"t": sevenths, "s": sevenths}, {c: {n: share * most for n, _, most, _ in sevenths} for c in "st"})


# --- laws ------------------------------------------------------------------------------------------------------------


RUBRICS = [{1: "one"}, {0: "zero", 2: "two"}, {3.5: "high", 0.5: "low"}, {2: "two", 4: "four", 1: "one"}]
ROWS = st.tuples(
    st.sampled_from(["zeta", "code", "talk"]),
    st.sampled_from("zxyabc"),
    st.sampled_from([0.2, 0.25, 1, 2, 5]),
    st.sampled_from([4, 5, 10, 20]),
    st.sampled_from(RUBRICS),
    st.sampled_from([None, 0, 0.25, 0.5, 0.6, 0.75, 0.8, 0.85, 1]),
)
PROJECTS = st.tuples(
    st.lists(ROWS, min_size=1, max_size=9, unique_by=lambda row: row[:2]),
    st.sampled_from([set(), set(), {"code"}, {"zeta", "talk"}]),
)


def project_of(rows: Sequence[Any], absent: set[str]) -> tuple[Criteria, Submission]:
    """Criteria, and a submission without scores of some of them and without some categories."""
    criteria: dict[str, list[Plain]] = {}
    submission: dict[str, dict[str, float | None]] = {}
    for category, name, weight, most, rubrics, share in rows:
        criteria.setdefault(category, []).append((name, weight, most, rubrics))
        if category not in absent:
            scores = submission.setdefault(category, {})
            if share is not None or name in "abc":
                scores[name] = None if share is None else share * most
    return criteria, submission


@pytest.mark.law
@given(project=PROJECTS)
def test_results_are_those_of_the_definition(project: tuple[Any, set[str]]) -> None:
    hold(*project_of(*project))


@pytest.mark.law
@settings(max_examples=15)
@given(project=PROJECTS, factor=st.sampled_from([0.25, 2.0, 8.0]))
def test_weights_count_only_beside_each_other(project: tuple[Any, set[str]], factor: float) -> None:
    criteria, submission = project_of(*project)
    heavier = {c: [(n, w * factor, m, r) for n, w, m, r in listed] for c, listed in criteria.items()}
    got, want = rounded(grade(heavier, submission)), rounded(grade(criteria, submission))
    hint = "divide by the sum of the weights"
    check.equal(got, want, asked=f"the result of {submission}, all weights times {factor:g}", hint=hint)


@pytest.mark.edge
def test_hundreds_of_criteria() -> None:
    rng = np.random.default_rng(13)
    criteria, submission = {}, {}
    for c in range(12):
        names = [f"n{i}" for i in range(int(rng.integers(1, 60)))]
        criteria[f"c{c}"] = [(n, float(rng.integers(1, 9)) / 4, 16, {0: "low", 7.5: "mid", 12: "high"}) for n in names]
        submission[f"c{c}"] = {n: float(rng.integers(0, 33)) / 2 for n in names if rng.random() < 0.8}
    hold(criteria, submission)


# --- errors, copies --------------------------------------------------------------------------------------------------


def other(**change: Any) -> Criteria:
    """README's criteria, the first one with another weight, max_score or rubrics."""
    fields = {"name": "tests", "weight": 3, "max_score": 10, "rubrics": BANDS} | change
    return README | {"code": [tuple(fields.values()), README["code"][1]]}


@pytest.mark.edge
@pytest.mark.parametrize(
    ("criteria", "because"),
    [
        ({}, "there are no categories"),
        (README | {"empty": []}, "a category has no criteria"),
        (other(name="style"), "two criteria of a category have one name"),
        (other(rubrics={}), "a criterion has no rubrics"),
        *((other(weight=w), f"a weight is finite and above 0, not {w}") for w in (0, -1, math.nan, math.inf)),
        *((other(max_score=m), f"a max_score is finite and above 0, not {m}") for m in (0, -1, math.nan, math.inf)),
        (other(rubrics={-1: "x", 5: "y"}), "a band begins below 0"),
        (other(rubrics={5: "y", 10.5: "x"}), "a band begins above max_score"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_criteria_that_make_no_sense_are_errors(criteria: Criteria, because: str) -> None:
    make = partial(grade, criteria, {})
    check.raises(ValueError, make, asked=call("AIProjectGrader", criteria), because=because, hint="check each number")


@pytest.mark.edge
@pytest.mark.parametrize(
    ("submission", "because"),
    [
        ({"code": {"tests": -0.5}}, "a score is below 0"),
        ({"code": {"tests": 10.5}}, "a score is above max_score"),
        ({"presentation": {"talk": 20.5}}, "a score is above max_score"),
        ({"code": {"tests": math.nan}}, "a score is NaN"),
        ({"cod": {"tests": 5}}, "there is no such category"),
        ({"cod": {}}, "there is no such category"),
        ({"code": {"test": 5}}, "there is no such criterion"),
        ({"code": {"talk": 5}}, "the criterion is in another category"),
        ({"code": {"test": None}}, "there is no such criterion"),
    ],
    ids=str,
)
def test_submissions_that_make_no_sense_are_errors(submission: Submission, because: str) -> None:
    taken = partial(grade, README, submission)
    asked = call("assess_project", submission)
    check.raises(ValueError, taken, asked=asked, because=because, hint="look through the whole submission, too")


@pytest.mark.edge
def test_the_ends_of_the_ranges_are_right() -> None:
    for rubrics in ({0: "zero", 10: "full"}, {10: "full"}, {0: "zero"}):
        for score in (0, 10):
            check.accepts(
                partial(grade, *one(score, rubrics)), asked=f"a score of {score}", because="ends are in range"
            )
            hold(*one(score, rubrics))
    hold({"a": README["code"], "b": README["code"]}, {"a": {"tests": 2}, "b": {"tests": 9}})
    empty = {"": [("", 1, 10, BANDS)]}
    hold(empty, {"": {"": 3}})


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    criteria = other(rubrics={9: "exceptional", 1: "beginner", 5: "competent"})
    submission: Submission = {"presentation": {"talk": 12}, "code": {"style": None}}
    told, after = unchanged(criteria, {c: dict(scores) for c, scores in submission.items()})
    asked = "the arguments after AIProjectGrader(criteria).assess_project(submission)"
    check.equal(after, submission, asked=f"{asked}: submission", hint="work on a copy")
    want = {c: [(n, w, m, dict(r)) for n, w, m, r in listed] for c, listed in criteria.items()}
    check.equal(told, want, asked=f"{asked}: criteria", hint="work on a copy: do not normalise weights in place")


@pytest.mark.edge
def test_results_and_criteria_are_the_callers_to_change() -> None:
    submission = {"code": {"tests": 8.5, "style": 4}}
    first, again, last = changed_later(README, submission)
    want = rounded(assessed(README, submission))
    check.equal(rounded(first), want, asked="the first result")
    check.equal(rounded(again), want, asked="the result after the caller changed an earlier one", hint="a new dict")
    hint = "keep what the criteria say when the grader is made, rubrics too"
    check.equal(rounded(last), want, asked="the result after the caller changed the criteria", hint=hint)


@pytest.mark.edge
def test_a_grader_assesses_each_project_for_itself() -> None:
    grader = kata.AIProjectGrader(made(README))
    other_grader = kata.AIProjectGrader(made({"x": [("y", 1, 10, BANDS)]}))
    submissions = [{"code": {"tests": 8}}, {}, {"presentation": {"talk": 3}}, {"code": {"tests": 8}}]
    other_grader.assess_project({"x": {"y": 1}})
    for submission in submissions:
        got, want = rounded(grader.assess_project(submission)), rounded(assessed(README, submission))
        hint = "nothing of an earlier project, or of another grader, is kept"
        check.equal(got, want, asked=f"assess_project({submission}), one of several in a row", hint=hint)
