"""Every export of a cohort: complete, harmless whatever learners wrote, and silent about hold-out suites and about others."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
import shutil
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli.export import export_command
from harness.core.csv import cell
from harness.core.documents import ResultsError
from harness.core.errors import KataError
from harness.core.model import Band, Failure, FailureKind, KataReport, Problem, ProblemKind
from harness.grading.changes import Changes, Mark
from harness.grading.export.build import build
from harness.grading.export.document import format_schema, make_schema, published_schema
from harness.grading.export.options import BandCount, Form, Rule, Scoring
from harness.grading.export.pages import histogram, pieces
from harness.grading.export.view import STATES
from harness.grading.export.write import MANIFEST, export, file_name, render_files
from harness.grading.model import Learner, Refusal
from harness.grading.results import SELF_REPORTED, Cohort, ResultsFolder
from harness.grading.weights import Weights
from harness.sources.untrusted_text import line

from boards import make_report
from cohorts import RUNNER, make_cohort, make_grade, make_learner, mixed_cohort
from pages import Page


@pytest.fixture(autouse=True, scope="module")
def _runner_of_classroom50() -> Iterator[None]:
    """All forms are written here, that of Classroom 50 among them, which needs its runner's environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in RUNNER.items():
            patch.setenv(name, value)
        yield


def files_of(cohort: Cohort, *forms: Form) -> dict[str, str]:
    """Every file of an export, by name."""
    return {name: b"".join(pieces).decode("utf-8-sig") for _, name, pieces in render_files(cohort, forms or list(Form))}


def failure_of(text: str) -> Failure:
    """A failure whose every text is `text`."""
    return Failure(text, text, text, text, text, text)


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


# --- what is shown -----------------------------------------------------------------------------------------------------


def test_the_mixed_cohort_has_every_state_there_is() -> None:
    states = {result.state for learner in build(mixed_cohort()).learners for result in learner.results}
    assert states == set(STATES)


@pytest.mark.parametrize("name", ["index.html", "scoreboard.csv", "results.json", "scoreboard.md"])
def test_each_table_has_every_learner_every_kata_and_every_state_in_words(name: str) -> None:
    text = files_of(mixed_cohort())[name]
    for learner in mixed_cohort().learners:
        assert learner.name in text
    for kata in mixed_cohort().katas:
        assert kata.id in text
    for state in STATES:
        assert state in text


def test_every_learner_has_a_page() -> None:
    pages = [name for name in files_of(mixed_cohort(), Form.HTML) if name.startswith("learners/")]
    assert pages == [f"learners/learner-{i}.html" for i in range(8)]


def test_the_index_says_what_is_missed_refused_and_unstable_and_by_which_mistake() -> None:
    words = Page(files_of(mixed_cohort(), Form.HTML)["index.html"]).words
    assert "added one: return it as it is" in words
    assert "the zip file is a bomb" in words
    assert "Unstable verdicts" in words


def test_an_empty_cohort_can_be_exported_too() -> None:
    for cohort in (make_cohort((), ()), make_cohort((make_learner(1),), (), katas=())):
        assert "no learners to show" in files_of(cohort)["index.html"]


def test_what_is_not_implemented_is_not_counted_as_a_missed_test() -> None:
    report = make_report("a01_mse", "F")
    bare = replace(report.tests[0], failure=Failure("mse(1)", "not implemented", kind=FailureKind.NOT_IMPLEMENTED))
    grade = make_grade("learner-1", replace(report, tests=(bare,)))
    assert build(make_cohort((make_learner(1),), (grade,))).missed == ()


def test_the_most_missed_test_comes_first_with_the_mistake_that_is_named_most_often() -> None:
    first = build(mixed_cohort()).missed[0]
    assert (first.kata, first.test, str(first.learners)) == ("b01_knn", "test_1", "3/4")
    assert (first.mistake, first.mistake_count) == ("added one: return it as it is", 3)


def test_the_histogram_counts_every_learner_once_however_many_katas_there_are() -> None:
    for count in (1, 5, 23, 24, 99):
        katas = tuple(f"a{i:02d}_k" for i in range(count))
        view = build(make_cohort(tuple(make_learner(i) for i in range(7)), (), katas=katas))
        bars = histogram(view)
        assert sum(bar.learners for bar in bars) == 7
        assert len(bars) <= 24
        assert (bars[0].low, bars[-1].high) == (0, count)


def test_the_pieces_of_a_bar_fill_it() -> None:
    for kata in build(mixed_cohort()).katas:
        assert sum(piece.width for piece in pieces(kata)) == pytest.approx(100)


# --- trust -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "words"), [("process", "isolates less"), ("none", "could forge"), ("sandbox", "in a sandbox")]
)
def test_pages_say_how_far_verdicts_can_be_trusted(mode: str, words: str) -> None:
    grade = make_grade("learner-1", make_report("a01_mse", "P"), mode=mode)
    files = files_of(make_cohort((make_learner(1),), (grade,)))
    for name in ("index.html", "learners/learner-1.html", "scoreboard.md"):
        assert words in files[name]


def test_self_reported_results_say_so_everywhere() -> None:
    grade = make_grade("learner-1", make_report("a01_mse", "P"), mode=SELF_REPORTED)
    files = files_of(make_cohort((make_learner(1),), (grade,), origin=SELF_REPORTED))
    for name in ("index.html", "learners/learner-1.html", "scoreboard.md"):
        assert "Self-reported" in files[name]
        assert "Graded:" not in files[name]
    for name in ("scoreboard.csv", "results.json", "junit.xml"):
        assert "self-reported" in files[name]


def test_a_learners_page_says_nothing_of_how_others_were_graded() -> None:
    grades = tuple(
        make_grade(f"learner-{i}", make_report("a01_mse", "P"), mode=mode) for i, mode in enumerate(("sandbox", "none"))
    )
    files = files_of(make_cohort((make_learner(0), make_learner(1)), grades))
    assert "forge" not in files["learners/learner-0.html"]
    assert "forge" in files["index.html"]


def test_a_learners_page_does_not_change_with_the_others() -> None:
    cohort = mixed_cohort()
    alone = replace(
        cohort,
        index=replace(cohort.index, learners=cohort.learners[:1], refusals=()),
        grades={where: grade for where, grade in cohort.grades.items() if where[0] == "learner-0"},
    )
    name = "learners/learner-0.html"
    assert files_of(cohort)[name] == files_of(alone)[name]


SECRET = "test_secret_of_the_hold_out[case0]"


def with_hold_out(problem: Problem | None = None) -> Cohort:
    """One learner who fails a hold-out test, whose every text is a secret."""
    report = make_report("a01_mse", "PPFF")
    secret = replace(report.tests[3], name=SECRET, failure=failure_of("SECRET"), figures=())
    report = replace(report, tests=(*report.tests[:3], secret), problem=problem)
    grade = replace(make_grade("learner-1", report), hold_out=(SECRET,), unstable=(SECRET,))
    return make_cohort((make_learner(1),), (grade,))


@pytest.mark.parametrize(
    "problem",
    [
        None,
        Problem(ProblemKind.TIMED_OUT, f"a01_mse hung in {SECRET}, at mse.py:3"),
        Problem(ProblemKind.INCOMPLETE, "the run ended before test_secret_of_the_hold_out"),
    ],
)
def test_no_export_says_more_of_hold_out_tests_than_how_many_pass(problem: Problem | None) -> None:
    files = files_of(with_hold_out(problem))
    for text in files.values():
        assert "secret" not in text.lower()
    assert "0 of 1 tests held out" in files["learners/learner-1.html"]
    assert "0/1 of the tests held out" in files["moodle.csv"]


# --- points ------------------------------------------------------------------------------------------------------------


band_counts = st.integers(1, 300).flatmap(lambda total: st.builds(BandCount, st.integers(0, total), st.just(total)))


@given(st.dictionaries(st.sampled_from(Band), band_counts), st.booleans(), st.sampled_from(Rule), st.floats(0.5, 1000))
def test_all_points_are_for_passed_katas_alone(
    bands: dict[Band, BandCount], is_passed: bool, rule: Rule, points: float
) -> None:
    is_complete = bool(bands) and all(count.passed == count.total for count in bands.values())
    score = Scoring(points, rule).score("a01_mse", bands, is_passed=is_passed)
    assert 0 <= score <= points
    if is_passed or rule is not Rule.BANDS or not is_complete:
        assert (score == points) is is_passed


def of_bands(example: str = "", law: str = "", edge: str = "", speed: str = "") -> dict[Band, BandCount]:
    """`example="2/3"` are two tests of three; a band that is not named has none."""
    named = {Band.EXAMPLE: example, Band.LAW: law, Band.EDGE: edge, Band.SPEED: speed}
    return {band: BandCount(*map(int, text.split("/"))) for band, text in named.items() if text}


MOST = {"example": "2/2", "law": "1/2", "edge": "3/4", "speed": "0/1"}


@pytest.mark.parametrize(
    ("scoring", "bands", "expected"),
    [
        (Scoring(), of_bands(**MOST), 52.5),  # (1 + 4/2 + 3 * 3/4) / 10
        (Scoring(10), of_bands(example="1/1", law="1/2"), 6.0),  # bands that a kata lacks are left out: (1 + 4/2) / 5
        (Scoring(), of_bands(example="1/2", law="0/3", edge="5/5"), 6.25),  # edge counts 0: 0.5 / 8
        (Scoring(), of_bands(law="0/3", edge="5/5"), 42.85),  # without examples edge counts
        (Scoring(), {}, 0.0),
        (Scoring(rule=Rule.TESTS), of_bands(**MOST), 66.66),
        (Scoring(rule=Rule.TESTS), of_bands(law="3/3"), 66.66),  # a run that broke off is not complete
        (Scoring(rule=Rule.PASSED), of_bands(**MOST), 0.0),
        (Scoring(weights=Weights({"default": {"speed": 0.0}})), of_bands(**MOST), 65.62),
        (Scoring(weights=Weights({"default": {"law": 0.0}, "a01_mse": {"law": 4.0}})), of_bands(**MOST), 52.5),
        (Scoring(weights=Weights({"b01_knn": {"law": 0.0}})), of_bands(**MOST), 52.5),
        (Scoring(weights=Weights({"default": {"law": 0.0}})), of_bands(law="1/2"), 0.0),
    ],
)
def test_points_follow_the_rule_and_the_weights(
    scoring: Scoring, bands: dict[Band, BandCount], expected: float
) -> None:
    assert scoring.score("a01_mse", bands, is_passed=False) == expected
    assert scoring.score("a01_mse", bands, is_passed=True) == scoring.points


BENT = "mse.py modifies its arguments in test_0, and hides it elsewhere"


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (make_report("a01_mse", "P" * 36 + "F", problem=Problem(ProblemKind.BROKEN, BENT)), BENT),
        (make_report("a01_mse", "NNNN", problem=Problem(ProblemKind.TIMED_OUT, "a01_mse hung while")), "a01_mse hung"),
        (make_report("a01_mse", "PPP", problem=Problem(ProblemKind.INCOMPLETE, "the run ended")), "the run ended"),
    ],
)
def test_a_run_that_does_not_count_gets_no_points_and_its_reason_stands_in_every_export(
    report: KataReport, reason: str
) -> None:
    grade = make_grade("learner-1", report)
    files = files_of(make_cohort((make_learner(1),), (grade,), katas=("a01_mse",)))
    assert rows_of(files["canvas.csv"])[2][5] == "0"
    assert rows_of(files["scoreboard.csv"])[1][-2] == "0"
    assert rows_of(files["moodle.csv"])[1][4] == "0"
    assert json.loads(files["results.json"])["learners"][0]["score"] == 0
    for name in files.keys() - {"canvas.csv", "nbgrader.csv"}:  # these hold no sentences
        assert reason in files[name].replace("\\_", "_"), name


def test_an_import_that_is_not_allowed_gets_no_points_also_while_a_test_runs() -> None:
    report = make_report("a01_mse", "PPPF")
    came = "ImportError: mse.py: sklearn.metrics may not be imported here"
    failed = replace(report.tests[3], failure=Failure("mse(1)", came, kind=FailureKind.RAISED))
    grade = make_grade("learner-1", replace(report, tests=(*report.tests[:3], failed)))
    files = files_of(make_cohort((make_learner(1),), (grade,), katas=("a01_mse",)))
    assert rows_of(files["canvas.csv"])[2][5] == "0"
    assert rows_of(files["canvas_reasons.csv"])[1][-2:] == ["0", f"{came} (in test_3)"]


def test_a_hang_in_one_test_keeps_the_points_of_the_others() -> None:
    report = make_report("a01_mse", "PPPN", problem=Problem(ProblemKind.TIMED_OUT, "a01_mse hung in test_3"))
    result = build(make_cohort((make_learner(1),), (make_grade("learner-1", report),), katas=("a01_mse",)))
    assert (result.learners[0].results[0].score, result.learners[0].results[0].reason) == (80.0, "")


def test_pages_and_feedback_say_why_edge_tests_give_nothing() -> None:
    grade = make_grade("learner-1", make_report("a01_mse", "FPPPPPPP"))
    files = files_of(make_cohort((make_learner(1),), (grade,), katas=("a01_mse",)))
    words = Page(files["learners/learner-1.html"]).words
    assert "edge 2 of 2 (no points while an example fails)" in words
    assert "65 of 100 points" in words
    assert "edge tests give no points while an example fails" in files["moodle.csv"]


def test_an_unstable_verdict_is_not_passed() -> None:
    grade = replace(make_grade("learner-1", make_report("a01_mse", "PPPP")), unstable=("test_3",))
    result = build(make_cohort((make_learner(1),), (grade,), katas=("a01_mse",))).learners[0].results[0]
    assert (result.state, result.score) == ("unstable", 80.0)


# --- CSV ---------------------------------------------------------------------------------------------------------------


def test_rows_of_every_csv_are_as_long_as_its_header() -> None:
    for name, text in files_of(mixed_cohort(), Form.CSV, Form.CANVAS, Form.MOODLE).items():
        assert len({len(row) for row in rows_of(text)}) == 1, name


@pytest.mark.parametrize("start", [*"=+-@\t\r＝＋－＠", " =", "\n@"])
def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"


@given(st.text())
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert cell(text) in (text, f"'{text}")
    assert cell(cell(text)) == cell(text)


def test_canvas_gets_its_columns_its_row_of_points_and_the_ids_of_the_roster() -> None:
    rows = rows_of(files_of(mixed_cohort(), Form.CANVAS)["canvas.csv"])
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *rows[0][5:]]
    assert rows[0][5] == "A01 Mse"
    assert rows[1][0].strip() == "Points Possible"
    assert rows[1][5:] == ["100"] * 5
    assert rows[2][:6] == ["learner-0", "100", "", "login0", "south", "80"]
    assert rows[-1][5:] == [""] * 5  # refused and not graded: nothing is changed by the import


def test_no_learner_can_pose_as_the_row_of_points_of_canvas() -> None:
    learner = make_learner(1, name="    Points Possible")
    rows = rows_of(files_of(make_cohort((learner,), ()), Form.CANVAS)["canvas.csv"])
    assert [row[0] for row in rows if "Points Possible" in row[0]] == ["    Points Possible"]


def test_moodle_gets_addresses_points_and_feedback() -> None:
    rows = rows_of(files_of(mixed_cohort(), Form.MOODLE)["moodle.csv"])
    assert rows[0][:6] == ["Full name", "ID number", "Username", "Email address", "A01 Mse", "Feedback: A01 Mse"]
    assert rows[1][:5] == ["learner-0", "N0", "", "learner-0@example.org", "80"]
    assert "test_1: added one: return it as it is" in rows[1][9]


# --- JSON --------------------------------------------------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_code() -> None:
    assert published_schema() == format_schema(make_schema()), "write format_schema(make_schema()) to the schema's file"


@pytest.mark.skipif(importlib.util.find_spec("jsonschema") is None, reason="jsonschema is not installed")
def test_results_json_is_valid_by_the_published_schema() -> None:
    import jsonschema  # type: ignore[import-untyped,import-not-found,unused-ignore]

    schema = json.loads(published_schema())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for cohort in (mixed_cohort(), make_cohort((), ()), hostile_cohort("\x00\ud800<b>")):
        validator.validate(json.loads(files_of(cohort, Form.JSON)["results.json"]))
    assert not validator.is_valid({"kind": "kata-results", "format": 2})


# --- JUnit -------------------------------------------------------------------------------------------------------------


def test_junit_has_a_suite_a_learner_and_counts_that_add_up() -> None:
    root = ET.fromstring(files_of(mixed_cohort(), Form.JUNIT)["junit.xml"])
    suites = root.findall("testsuite")
    assert [suite.get("name") for suite in suites] == [learner.name for learner in mixed_cohort().learners]
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        for element in (root, *suites):
            assert int(element.get(name) or -1) == len(list(element.iter(tag)))
        assert int(root.get(name) or 0) > 0


def test_a_passed_kata_has_no_failure_and_any_other_has_something() -> None:
    root = ET.fromstring(files_of(mixed_cohort(), Form.JUNIT)["junit.xml"])
    for learner, suite in zip(build(mixed_cohort()).learners, root, strict=True):
        for result in learner.results:
            cases = [case for case in suite if case.get("classname") == result.kata]
            assert all(len(case) == 0 for case in cases) is (result.state == "passed")


# --- hostile text ------------------------------------------------------------------------------------------------------

ATTACKS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</style></title></script><b>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "\t=1+1",
    "\x1b[2J\x1b]0;title\x07",
    "\x00\x08\x7f\x85\ufffe\uffff",
    "\ud800\udfff\udc80",
    "\u202egpj.exe\u2066\u200b\u2028",
    "]]>&amp;&#0;<!--",
    "{{ 7 * 7 }}{% raw %}",
    'a,b;c"d\r\ne\n=f',
    "| x | [a](javascript:alert(1)) `",
    "A" * 2**20,
    "\n" * 10_000,
)


def hostile_cohort(text: str) -> Cohort:
    """One learner whose every text is `text`."""
    test = replace(make_report("a01_mse", "F").tests[0], name=text, failure=failure_of(text))
    report = replace(make_report("a01_mse", ""), tests=(test,), seed=text, problem=Problem(ProblemKind.DIED, text))
    grade = replace(make_grade("learner-1", report, mode=text), submission_sha256=text)
    refused = replace(make_grade("learner-1", make_report("b01_knn", "")), refusal=text)
    learner = Learner(text, "learner-1", text, text, text, text, {"ID": text, "SIS Login ID": text, text: text})
    cohort = make_cohort((learner,), (grade, refused), refusals=(Refusal("learner-1", "c01_matmul", text),))
    return replace(cohort, notices=(text,), index=replace(cohort.index, dojo=text))


def check_harmless(text: str) -> None:
    plain, hostile = files_of(hostile_cohort("x")), files_of(hostile_cohort(text))
    assert plain.keys() == hostile.keys()
    for name, data in hostile.items():
        assert len(data) < 60_000, name
        assert not [char for char in data if not char.isprintable() and char not in "\n\r"], name
        if name.endswith(".html"):
            assert Page(data).tags == Page(plain[name]).tags
            assert Page(data).addresses == Page(plain[name]).addresses
        if name.endswith(".csv"):
            rows = rows_of(data)
            assert [len(row) for row in rows] == [len(row) for row in rows_of(plain[name])]
            # An identifier may begin like a formula, with nothing in it that makes one.
            formulas = [value for row in rows for value in row if value.lstrip().startswith(tuple("=+-@＝＋－＠"))]
            assert not [value for value in formulas if not re.fullmatch(r"[@+-][\w.@+-]*", value)]
    ET.fromstring(hostile["junit.xml"])
    json.loads(hostile["results.json"])
    assert not re.search(r"(?<!\\)[<>]", hostile["scoreboard.md"])
    assert len(hostile["scoreboard.md"].splitlines()) == len(plain["scoreboard.md"].splitlines())


@pytest.mark.parametrize("text", ATTACKS, ids=[ascii(text[:16]) for text in ATTACKS])
def test_hostile_text_comes_out_harmless_and_cut(text: str) -> None:
    check_harmless(text)


@settings(max_examples=40, deadline=None)
@given(
    st.text(
        st.one_of(st.characters(exclude_categories=()), st.sampled_from("<>&\"'={}%|\r\n\t,;@+-")),
        min_size=1,
        max_size=60,
    )
)
def test_any_text_comes_out_harmless(text: str) -> None:
    check_harmless("x" + text)  # a name of nothing but blanks is shown as the slug, on a line of its own
    check_harmless(text + "x")


def test_ordinary_text_comes_out_as_it_went_in() -> None:
    name = "Zoë 李 <3 O'Brien"
    files = files_of(make_cohort((make_learner(1, name=name),), ()))
    assert name in Page(files["index.html"]).words
    assert rows_of(files["scoreboard.csv"])[1][0] == name
    assert ET.fromstring(files["junit.xml"])[0].get("name") == name
    assert json.loads(files["results.json"])["learners"][0]["name"] == name


@given(st.text(st.characters(exclude_categories=()), max_size=500), st.integers(1, 100))
def test_a_line_is_one_line_and_bounded(text: str, limit: int) -> None:
    shown = line(text, limit)
    assert len(shown.splitlines()) <= 1
    assert len(shown) <= 10 * limit + 40  # what cannot be printed takes up to ten characters
    shown.encode()


# --- pages -------------------------------------------------------------------------------------------------------------


def test_pages_are_self_contained_and_only_the_index_has_a_script() -> None:
    for name, text in files_of(mixed_cohort(), Form.HTML).items():
        page = Page(text)
        assert ("script" in page.tags) is (name == "index.html")
        assert all(re.fullmatch(r"learners/learner-\d\.html", address) for address in page.addresses)
        assert "http://" not in text.replace("http-equiv", "")
        assert "https://" not in text
        assert "url(" not in text
        assert "@import" not in text
        assert "default-src 'none'" in text
        assert "prefers-color-scheme: dark" in text
        assert 'name="viewport"' in text


def test_learners_pages_do_not_link_to_other_learners() -> None:
    for name, text in files_of(mixed_cohort(), Form.HTML).items():
        if name != "index.html":
            assert Page(text).addresses == []


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


def browse(page: Path, *arguments: str) -> bytes:
    """What a headless browser prints."""
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={page.parent / 'profile'}", *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")
def test_a_browser_runs_the_script_that_sorts_and_nothing_sticks_out_of_a_phone(tmp_path: Path) -> None:
    cohort = mixed_cohort()
    long = (*cohort.learners[:2], replace(cohort.learners[2], name="n" * 190, group="g" * 190), *cohort.learners[3:])
    export(replace(cohort, index=replace(cohort.index, learners=long)), tmp_path, [Form.HTML])
    assert browse(tmp_path / "index.html", "--dump-dom").count(b"<button") == 12
    inner = "".join(
        f'<iframe src="{name}" width="390" height="800"></iframe>' for name in ("index.html", "learners/learner-2.html")
    )
    width = "f => f.contentDocument.documentElement.scrollWidth"
    probe = f"onload = () => document.title = [...document.querySelectorAll('iframe')].map({width}).join(' ')"
    outer = tmp_path / "phone.html"
    outer.write_text(f"<title></title>{inner}<script>{probe}</script>", encoding="utf-8")
    access = ("--allow-file-access-from-files", "--disable-web-security", "--virtual-time-budget=2000")
    dom = browse(outer, "--dump-dom", *access).decode()
    match = re.search(r"<title>(\d+) (\d+)</title>", dom)
    assert match is not None, dom[:500]
    assert max(int(match[1]), int(match[2])) <= 390


def large_cohort(learners: int) -> Cohort:
    """78 katas, with grades of some."""
    slugs = tuple(f"{letter}{number:02d}_made_up" for letter in "abc" for number in range(1, 27))
    people = tuple(make_learner(i, name=f"Bartholomew Featherstonehaugh {i}", group="north") for i in range(learners))
    outcomes = ("PPPP", "PPFP", "FFFF", "PPP")
    grades = tuple(
        make_grade(one.slug, make_report(slug, outcomes[(i + j) % 4]))
        for i, one in enumerate(people)
        for j, slug in enumerate(slugs)
        if (i + j) % 3
    )
    return make_cohort(people, grades, katas=slugs)


def test_many_katas_have_a_narrow_column_each_that_says_all_when_it_is_pointed_at() -> None:
    cohort = large_cohort(4)
    mark = Mark("learner-0", "a02_made_up", 0.8, "axis swapped", 1.0)
    text = files_of(replace(cohort, changes=Changes((mark,))), Form.HTML)["index.html"]
    assert text.count('<td class="kata ') == 4 * 78
    assert 'title="A02 in progress, 3/4 tests, 80 points; marked by hand: axis swapped"' in text
    assert "in progress changed" not in text
    assert 'class="kata in-progress changed"' in text
    assert "<small>3/4 tests</small>" not in text
    assert '<td class="kata ' not in files_of(mixed_cohort(), Form.HTML)["index.html"], "few katas have words"
    assert len(text) < 4 * 78 * 130 + 100_000


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")
def test_78_katas_fit_a_browser_of_1280_pixels(tmp_path: Path) -> None:
    export(large_cohort(30), tmp_path, [Form.HTML])
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    probe = "onload = () => { const box = document.querySelector('.scroll'); box.scrollLeft = 500; document.title = "
    probe += "[box.scrollWidth - box.clientWidth, getComputedStyle(document.querySelector('tbody th')).position] }"
    outer = tmp_path / "probe.html"
    outer.write_text(page.replace("</body>", f"<script>{probe}</script></body>"), encoding="utf-8")
    dom = browse(outer, "--dump-dom", "--window-size=1280,1000", "--virtual-time-budget=2000").decode()
    match = re.search(r"<title>(-?\d+),(\w+)</title>", dom)
    assert match is not None, dom[:500]
    assert (int(match[1]), match[2]) == (0, "sticky")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")
def test_a_browser_draws_light_and_dark_differently(tmp_path: Path) -> None:
    export(mixed_cohort(), tmp_path, [Form.HTML])
    pictures: list[bytes] = []
    for theme in ((), ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")):
        picture = tmp_path / f"{len(pictures)}.png"
        browse(tmp_path / "index.html", f"--screenshot={picture}", "--window-size=1200,1500", *theme)
        pictures.append(picture.read_bytes())
    assert struct.unpack(">II", pictures[0][16:24]) == (1200, 1500)
    assert pictures[0] != pictures[1]


# --- files -------------------------------------------------------------------------------------------------------------


def test_exporting_twice_changes_nothing_and_asks_nothing(tmp_path: Path) -> None:
    export(mixed_cohort(), tmp_path, list(Form))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    export(mixed_cohort(), tmp_path, list(Form))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_newer_run_replaces_its_own_files_and_removes_pages_of_those_who_left(tmp_path: Path) -> None:
    export(mixed_cohort(8), tmp_path, list(Form))
    (tmp_path / "learners" / "notes.html").write_text("mine")
    export(mixed_cohort(5), tmp_path, list(Form))
    assert len(list((tmp_path / "learners").glob("learner-*.html"))) == 5
    assert (tmp_path / "learners" / "notes.html").read_text() == "mine"


def test_an_export_holds_no_more_than_one_learner_at_a_time(tmp_path: Path) -> None:
    def peak_kib(learners: int) -> float:
        path = tmp_path / str(learners)
        report = make_report("a01_mse", "F")
        long = replace(report.tests[0], failure=failure_of("x" * 1000))
        grades = tuple(
            make_grade(f"learner-{i}", replace(report, tests=(long,) * 40, seed=str(i))) for i in range(learners)
        )
        write_results(path, make_cohort(tuple(make_learner(i) for i in range(learners)), grades))
        del grades
        cohort = ResultsFolder(path).cohort()
        tracemalloc.start()
        export(cohort, path, list(Form))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 1024

    peak_kib(1)  # modules are imported, and templates compiled
    few, many = peak_kib(2), peak_kib(8)
    assert many - few < 6 * 24, (few, many)  # the page of one learner alone has 240 KiB


@pytest.mark.parametrize("killed", [False, True])
def test_nothing_but_the_files_is_left_of_an_export(tmp_path: Path, killed: bool) -> None:
    if killed:  # while it made the files
        (tmp_path / ".kata-export" / "learners").mkdir(parents=True)
        (tmp_path / ".kata-export" / "learners" / "gone.html").write_text("half")
    export(mixed_cohort(), tmp_path, list(Form))
    assert not (tmp_path / ".kata-export").exists()
    assert {path.name for path in (tmp_path / "learners").iterdir()} == {f"learner-{i}.html" for i in range(8)}


def test_a_grade_that_is_removed_while_it_is_exported_is_a_sentence(tmp_path: Path) -> None:
    write_results(tmp_path, mixed_cohort())
    cohort = ResultsFolder(tmp_path).cohort()
    shutil.rmtree(tmp_path / "grades")
    with pytest.raises(ResultsError, match="was removed while it was read"):
        export(cohort, tmp_path / "out", list(Form))


@pytest.mark.parametrize("name", ["index.html", "canvas.csv", "learners/learner-3.html"])
def test_a_file_of_somebody_else_is_not_overwritten_and_then_nothing_is_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(ResultsError, match="was not written by an export"):
        export(mixed_cohort(), tmp_path, list(Form))
    assert (tmp_path / name).read_text() == "mine"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [Path(name).name]


def test_an_export_that_was_edited_is_not_overwritten(tmp_path: Path) -> None:
    export(mixed_cohort(8), tmp_path, list(Form))
    (tmp_path / "canvas.csv").write_text("edited")
    with pytest.raises(ResultsError, match="changed since"):
        export(mixed_cohort(5), tmp_path, list(Form))
    export(mixed_cohort(5), tmp_path, [Form.HTML])  # the others can still be written


def test_a_damaged_list_of_exports_makes_nothing_ours(tmp_path: Path) -> None:
    export(mixed_cohort(8), tmp_path, [Form.CSV])
    (tmp_path / MANIFEST).write_text('{"../../victim": ')
    with pytest.raises(ResultsError, match="not written by an export"):
        export(mixed_cohort(5), tmp_path, [Form.CSV])


@pytest.mark.parametrize("slug", ["", ".", "..", "../up", "a/b", "a\\b", "C:", "nul\0", "x" * 151, ".hidden"])
def test_a_slug_that_is_no_file_name_is_refused(slug: str) -> None:
    with pytest.raises(ResultsError, match="cannot name a file"):
        file_name(slug)


def test_the_commands_load_nothing_heavy() -> None:
    code = (
        "import sys, harness.cli.export\n"
        "print(sorted({'numpy', 'jinja2', 'pytest', 'rich', 'copydetect', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# --- commands ----------------------------------------------------------------------------------------------------------


def write_results(path: Path, cohort: Cohort) -> None:
    folder = ResultsFolder(path)
    folder.write_index(cohort.index)
    for grade in cohort.grades.values():
        folder.put(grade)


def test_kata_export_writes_everything_next_to_the_results(tmp_path: Path) -> None:
    write_results(tmp_path, mixed_cohort())
    done = CliRunner().invoke(export_command, [str(tmp_path)])
    assert done.exit_code == 0, done.output
    names = {Path(name).name for name in done.stdout.split()}
    assert names == {
        "index.html",
        "scoreboard.csv",
        "results.json",
        "scoreboard.md",
        "junit.xml",
        "canvas.csv",
        "canvas_reasons.csv",
        "moodle.csv",
    }


def test_kata_export_takes_formats_a_folder_points_and_a_rule(tmp_path: Path) -> None:
    write_results(tmp_path / "results", mixed_cohort())
    arguments = [
        str(tmp_path / "results"),
        "-f",
        "canvas",
        "--out",
        str(tmp_path / "out"),
        "--points",
        "10",
        "--score",
        "passed",
    ]
    assert CliRunner().invoke(export_command, arguments).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [MANIFEST, "canvas.csv", "canvas_reasons.csv"]
    rows = rows_of((tmp_path / "out" / "canvas.csv").read_text())
    assert {value for row in rows[1:] for value in row[5:]} == {"10", "0", ""}


def test_kata_export_names_learners_whom_a_gradebook_will_not_find(tmp_path: Path) -> None:
    bare = tuple(Learner(f"learner-{i}", f"learner-{i}", "") for i in range(7))
    write_results(tmp_path, make_cohort(bare, ()))
    done = CliRunner().invoke(export_command, [str(tmp_path), "-f", "moodle", "-f", "canvas"])
    assert "moodle: the roster has no email, ID number or username for learner-0" in done.stderr
    assert "canvas: the roster has no Canvas ID" in done.stderr
    assert "and 2 more" in done.stderr


def test_kata_export_of_something_else_is_a_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(export_command, [str(tmp_path)])
    assert isinstance(done.exception, KataError)
    assert "is not a results folder" in str(done.exception)


def test_a_damaged_grade_is_named_and_the_rest_is_exported(tmp_path: Path) -> None:
    cohort = mixed_cohort()
    write_results(tmp_path, cohort)
    ResultsFolder(tmp_path).grade_file(cohort.index.keys[0]).write_text("{")
    done = CliRunner().invoke(export_command, [str(tmp_path)])
    assert done.exit_code == 0
    assert "cut short" in done.stderr
    assert "cut short" in (tmp_path / "index.html").read_text(encoding="utf-8")
