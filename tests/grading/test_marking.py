"""Points of katas, marks by hand, regrades, lateness and pseudonyms: what stands beside what the tests give."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import app
from harness.core.errors import KataError
from harness.grading.anonymous import KeyFileError, key_file, make_key, read_key, without_names
from harness.grading.changes import FILE, Changes, Mark, Regrade, add_mark, read_changes, remove_marks
from harness.grading.collect.platforms import is_said_to_be_late, part_of, time_in
from harness.grading.export.build import build
from harness.grading.export.options import Form, Scoring
from harness.grading.export.view import ResultView
from harness.grading.export.write import export, render_files
from harness.grading.late import DeadlineError, LatePolicy, lateness, parse_policy, parse_time
from harness.grading.model import Learner
from harness.grading.results import Cohort, ResultsFolder
from harness.grading.weights import Weights, WeightsError, read_weights

from boards import make_report
from cohorts import make_cohort, make_grade, make_learner, mixed_cohort

DAY_S = 86400.0
DUE = 1_800_000_000.0


def one_of_each(outcomes: str = "PPPF") -> Cohort:
    learner = make_learner(0, name="Zoë Kaya")
    grade = make_grade(learner.slug, make_report("a01_mse", outcomes))
    return make_cohort((learner,), (grade,), katas=("a01_mse", "b01_knn"))


def first(cohort: Cohort, scoring: Scoring | None = None) -> ResultView:
    return build(cohort, scoring).learners[0].results[0]


def stored(folder: Path, cohort: Cohort) -> ResultsFolder:
    results = ResultsFolder(folder)
    for grade in cohort.grades.values():
        results.put(grade)
    results.write_index(cohort.index)
    return results


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


# --- points and weights of katas -----------------------------------------------------------------------------------------


def test_katas_have_points_and_weights_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "weights.toml"
    file.write_text("[default]\npoints = 10\n[a01_mse]\npoints = 20\nweight = 3\n")
    weights = Weights(read_weights(file, ("a01_mse", "b01_knn")))
    cohort = one_of_each("PPPP")
    view = build(replace(cohort, index=replace(cohort.index, weights=weights.tables)))
    assert [(kata.points, kata.weight) for kata in view.katas] == [(20.0, 3.0), (10.0, 1.0)]
    learner = view.learners[0]
    assert (learner.results[0].score, learner.score, learner.most) == (20.0, 60.0, 70.0)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("points = 0", "points is 0"),
        ("points = 'many'", "points is 'many', expected a number"),
        ("weight = -1", "weight is -1, expected a number"),
        ("due = 7", "due is 7, expected a time"),
        ("due = 'soon'", "due: 'soon' is no time"),
    ],
)
def test_points_weights_and_deadlines_that_cannot_be_used_are_sentences(
    tmp_path: Path, line: str, sentence: str
) -> None:
    file = tmp_path / "weights.toml"
    file.write_text(f"[a01_mse]\n{line}\n")
    with pytest.raises(WeightsError, match=r"\[a01_mse\]") as caught:
        read_weights(file, ("a01_mse",))
    assert sentence in str(caught.value)


# --- marks by hand -------------------------------------------------------------------------------------------------------


def test_a_mark_by_hand_stands_in_place_of_the_tests_with_its_note(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", one_of_each())
    run("mark", "Zoë Kaya", "a1", "90", "--note", "axis swapped", "--out", results.path)
    run("mark", "learner-0", "knn", "15/20", "--note", "by e-mail", "--out", results.path)
    view = build(results.cohort(), Scoring(points=10))
    given, missing = view.learners[0].results
    assert (given.score, given.mark) == (9.0, "axis swapped")
    assert given.automatic is not None
    assert given.automatic == 8.0
    assert (missing.score, missing.state) == (7.5, "not graded")
    assert "marked by hand: axis swapped" in given.notes
    listed = run("mark", "--out", results.path)
    assert "Zoë Kaya a01_mse: 90%  axis swapped" in listed


def test_a_mark_survives_grading_again_and_can_be_taken_back(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", one_of_each())
    add_mark(results.path, Mark("learner-0", "a01_mse", 0.8, "seen", 1.0))
    stored(results.path, one_of_each("PFFF"))
    assert first(results.cohort()).score == 80.0
    add_mark(results.path, Mark("learner-0", "a01_mse", 0.9, "seen twice", 2.0))
    assert first(results.cohort()).mark == "seen twice"
    run("mark", "learner-0", "a01", "--remove", "--out", results.path)
    assert first(results.cohort()).mark == ""
    assert not remove_marks(results.path, "learner-0", "a01_mse")


@pytest.mark.parametrize("text", ["101", "-1", "much", "3/0", "nan", "30/20"])
def test_what_is_no_mark_is_refused(tmp_path: Path, text: str) -> None:
    results = stored(tmp_path / "results", one_of_each())
    with pytest.raises(KataError, match="is no mark"):
        CliRunner().invoke(
            app, ["mark", "learner-0", "a01", "--out", str(results.path), "--", text], catch_exceptions=False
        )


def test_marks_that_cannot_be_read_are_named_and_not_lost(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", one_of_each())
    (results.path / FILE).write_text("{")
    with pytest.raises(KataError, match=r"changes\.json"):
        results.cohort()
    with pytest.raises(KataError, match=r"changes\.json"):
        add_mark(results.path, Mark("learner-0", "a01_mse", 1.0, "", 1.0))


# --- grades that were made again -----------------------------------------------------------------------------------------


def test_a_regrade_stands_in_the_place_of_the_grade_with_its_reason(tmp_path: Path) -> None:
    cohort = one_of_each("PFFF")
    results = stored(tmp_path / "results", cohort)
    old = cohort.grades["learner-0", "a01_mse"]
    new = replace(make_grade("learner-0", make_report("a01_mse", "PPPP"), salt="again"))
    results.put(new)
    changes = Changes(regrades=(Regrade("learner-0", "a01_mse", old.key, new.key, "the machine was busy", 1.0),))
    assert changes.present(old.key) == new.key
    assert changes.present("another submission") == "another submission"
    (results.path / FILE).write_bytes(
        __import__("harness.core.documents", fromlist=["encode"]).encode("kata-changes", changes)
    )
    result = first(results.cohort())
    assert (result.state, result.regrade) == ("passed", "the machine was busy")
    assert "graded again: the machine was busy" in result.notes


# --- deadlines -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late_s", "cost", "words"),
    [
        (-5, 0.0, ""),
        (600, 0.0, "10 min late, which is within the grace period"),
        (1000, 0.1, "17 min late: 10 % of the points"),
        (DAY_S, 0.1, "1 day late: 10 % of the points"),
        (DAY_S + 1, 0.2, "1 day late: 20 % of the points"),
        (3 * DAY_S, 0.3, "3 days late: 30 % of the points"),
        (8 * DAY_S, 1.0, "8 days late, after the cut-off: no points"),
    ],
)
def test_each_day_that_has_begun_costs_its_share(late_s: float, cost: float, words: str) -> None:
    policy = parse_policy("10%/day", "15min", "7d")
    assert policy is not None
    assert policy.cost(late_s) == pytest.approx(cost)
    if late_s != DAY_S + 1:
        assert policy.words(late_s) == words


@pytest.mark.parametrize(
    "options", [("10", "", ""), ("10%/moon", "", ""), ("110%/day", "", ""), ("", "soon", ""), ("", "", "7")]
)
def test_a_policy_that_cannot_be_read_is_a_sentence(options: tuple[str, str, str]) -> None:
    with pytest.raises(DeadlineError, match=r"^--(late|grace|cut-off): "):
        parse_policy(*options)
    assert parse_policy("", "", "") is None


def test_a_date_is_due_at_its_end_and_an_offset_is_kept() -> None:
    day = datetime(2026, 12, 1).timestamp()
    assert parse_time("2026-12-01", "due") == day + 86399
    assert parse_time("2026-12-01T00:00", "due") == day
    assert parse_time("2026-12-01T00:00+00:00", "due") == 1_796_083_200.0
    assert lateness(90_061) == "1 day 1 h"


def late_cohort(days: float, *, due: float | None = None, mark: Mark | None = None) -> Cohort:
    cohort = one_of_each("PPPP")
    learner = replace(cohort.learners[0], due=due)
    index = replace(
        cohort.index,
        learners=(learner,),
        weights={"a01_mse": {"due": DUE}},
        times={"learner-0/a01_mse": DUE + days * DAY_S},
        late=LatePolicy(0.1, DAY_S),
    )
    return replace(cohort, index=index, changes=Changes((mark,) if mark else ()))


def test_lateness_is_shown_apart_from_what_the_tests_give(tmp_path: Path) -> None:
    result = first(late_cohort(1.5))
    assert (result.automatic, result.deduction, result.score) == (100.0, 20.0, 80.0)
    assert result.late == "1 day 12 h late: 20 % of the points"
    export(late_cohort(1.5), tmp_path, (Form.CSV, Form.HTML, Form.GRADESCOPE))
    (row,) = csv.DictReader(io.StringIO((tmp_path / "scoreboard.csv").read_text("utf-8-sig")))
    assert (row["A01 points of the tests"], row["A01 off for lateness"], row["A01 points"]) == ("100", "20", "80")
    page = (tmp_path / "learners" / "learner-0.html").read_text()
    assert "80 of 100 points (the tests give 100, 20 off for lateness)" in " ".join(page.split())
    assert "1 day 12 h late" in page
    assert json.loads((tmp_path / "gradescope" / "learner-0.json").read_text())["score"] == 80.0


def test_in_time_is_in_time_and_a_row_s_own_deadline_wins() -> None:
    assert first(late_cohort(-1)).deduction == 0
    assert first(late_cohort(1.5, due=DUE + 2 * DAY_S)).deduction == 0
    assert first(late_cohort(1.5, due=DUE - 2 * DAY_S)).deduction == 40.0


def test_a_mark_by_hand_is_final() -> None:
    result = first(late_cohort(3, mark=Mark("learner-0", "a01_mse", 0.95, "an extension", 1.0)))
    assert (result.score, result.deduction) == (95.0, 0.0)
    assert result.late == "3 days late: no points are taken off for it"


@pytest.mark.parametrize(
    ("name", "who", "rest"),
    [
        ("Kata 1_zkaya_attempt_2026-11-30-23-59-12_mse.py", "zkaya", "mse.py"),
        ("Kata 1_zkaya_attempt_2026-11-30-23-59-12.txt", "zkaya", ""),
    ],
)
def test_blackboard_names_learner_and_time(name: str, who: str, rest: str) -> None:
    part = part_of(name)
    assert part is not None
    assert (part.who, part.rest, part.platform) == (who, rest, "blackboard")
    assert time_in(name) == datetime(2026, 11, 30, 23, 59, 12).timestamp()


def test_other_names_say_no_time() -> None:
    assert time_in("mse.py") is None
    assert time_in("2026-13-40-23-59-12/mse.py") is None
    assert time_in("Zoe 12/2026-11-30-23-59-12/mse.py") is not None
    assert is_said_to_be_late("kayazoe_LATE_12_345_mse.py")
    assert not is_said_to_be_late("kayazoe_12_345_LATE_mse.py")


# --- pseudonyms ----------------------------------------------------------------------------------------------------------


def test_pages_with_pseudonyms_hold_no_name(tmp_path: Path) -> None:
    cohort = mixed_cohort()
    people = tuple(replace(one, name=f"Name Surname-{i}", group="") for i, one in enumerate(cohort.learners))
    cohort = replace(cohort, index=replace(cohort.index, learners=people))
    hidden = without_names(cohort, make_key(tmp_path / "key.csv", people))
    assert build(hidden).passed == build(cohort).passed
    assert [one.slug for one in hidden.learners] == sorted(one.slug for one in hidden.learners)
    for form, name, pieces in render_files(hidden, (Form.HTML, Form.CSV, Form.JSON, Form.MARKDOWN, Form.JUNIT)):
        text = name + b"".join(pieces).decode()
        for one in people:
            for told in (one.name, f"{one.slug}<", f'"{one.slug}"', one.email, one.source):
                assert told not in text, (form, told)


def test_the_key_is_apart_and_keeps_pseudonyms_as_they_are(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", mixed_cohort())
    out = run("export", results.path, "--anonymous", "--format", "csv")
    key = key_file(results.path)
    assert str(key) in out
    assert key.stat().st_mode & 0o077 == 0
    before = read_key(key)
    after = make_key(key, [make_learner(99)])
    assert {slug: after[slug] for slug in before} == before
    assert len(read_key(key)) == len(before) + 1
    assert "learner-0" in key.read_text("utf-8-sig"), "a name stays in the key when the roster has lost it"
    pseudonym = before["learner-0"]
    assert pseudonym in (results.path / "scoreboard.csv").read_text("utf-8-sig")
    told = run("mark", pseudonym, "a01", "70", "--out", results.path)
    assert told.startswith(f"{pseudonym} a01_mse: 70% by hand")
    assert "learner-0" not in told, "who grades by pseudonym is told no name"
    assert read_changes(results.path).mark("learner-0", "a01_mse") is not None


def test_names_are_needed_by_gradebooks_and_the_key_does_not_lie_among_the_pages(tmp_path: Path) -> None:
    results = stored(tmp_path / "results", mixed_cohort())
    run("export", results.path, "--anonymous", "--out", tmp_path / "pages")
    assert not (tmp_path / "pages" / "canvas.csv").exists()
    for options, sentence in (
        (["--format", "canvas"], "needs names"),
        (["--key", str(results.path / "key.csv")], "would lie among the pages"),
    ):
        with pytest.raises(KataError, match=sentence):
            CliRunner().invoke(app, ["export", str(results.path), "--anonymous", *options], catch_exceptions=False)


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(KeyFileError, match="is not a key of pseudonyms"):
        make_key(file, [Learner("Zoë", "zoe", "")])
