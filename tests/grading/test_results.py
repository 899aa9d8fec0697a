"""The results folder: written once, whole or not at all, and whatever is not a grade is told apart."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.documents import ResultsError
from harness.core.model import Failure, Figure, FigureKind, Status
from harness.grading.model import Learner, Submission
from harness.grading.results import SELF_REPORTED, Grade, ResultsFolder

from boards import make_report
from cohorts import make_grade, mixed_cohort

GRADE = make_grade("learner-1", make_report("a01_mse", "PPFP"))


@pytest.fixture
def folder(tmp_path: Path) -> ResultsFolder:
    return ResultsFolder(tmp_path / "results")


def with_text(text: str) -> Grade:
    test = replace(GRADE.report.tests[0], name=text, failure=Failure(text, text, text, text, text))
    return replace(GRADE, report=replace(GRADE.report, tests=(test,)), unstable=(text,), refusal=text)


def test_a_grade_comes_back_as_it_was_put(folder: ResultsFolder) -> None:
    grade = replace(GRADE, unstable=("test_1",), hold_out=("test_2",), mode="process")
    assert folder.put(grade)
    assert folder.get(grade.key) == grade
    assert folder.grade_file(grade.key) == folder.path / "grades" / grade.key[:2] / f"{grade.key}.json"


def test_what_is_not_there_is_none(folder: ResultsFolder) -> None:
    assert folder.get(GRADE.key) is None
    assert list(folder.all()) == []


def test_a_grade_is_written_once_and_never_changed(folder: ResultsFolder) -> None:
    assert folder.put(GRADE)
    before = folder.grade_file(GRADE.key).read_bytes()
    assert not folder.put(replace(GRADE, status=Status.PASSED))
    assert folder.grade_file(GRADE.key).read_bytes() == before


@pytest.mark.parametrize("cut", [0, 1, 40, 300])
def test_a_file_that_was_cut_short_is_set_aside_and_the_grade_is_made_again(folder: ResultsFolder, cut: int) -> None:
    folder.put(GRADE)
    path = folder.grade_file(GRADE.key)
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    assert folder.get(GRADE.key) is None
    assert (folder.path / "set-aside" / path.name).read_bytes() == data
    assert folder.put(GRADE)
    assert folder.get(GRADE.key) == GRADE


def test_what_was_set_aside_before_is_kept(folder: ResultsFolder) -> None:
    path = folder.grade_file(GRADE.key)
    path.parent.mkdir(parents=True)
    for text in ("first", "second", "third"):
        path.write_text(text)
        assert folder.get(GRADE.key) is None
    assert {file.read_text() for file in (folder.path / "set-aside").iterdir()} == {"first", "second", "third"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b'{"kind": "kata-gra', "cut short"),
        (b"PK\x03\x04", "not JSON"),
        (b'{"kind": "kata-cohort", "format": 1, "content": {}}', "is a 'kata-cohort' file"),
        (b'{"kind": "kata-grade", "format": 2, "content": {}}', "format 2"),
        (b'{"kind": "kata-grade", "format": 1, "content": {}}', "missing required field"),
        (b'{"created": 1, "tests": []}', "not a file of this harness"),
        (b"[" * 100_000, "not a file of this harness"),
        (b'"\xff"', "not a file of this harness"),
        (b'{"kind": "kata-grade", "format": 1, "content": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_the_notice_says_what_is_wrong_with_a_file_and_the_others_go_on(
    folder: ResultsFolder, data: bytes, sentence: str
) -> None:
    cohort = mixed_cohort()
    for grade in cohort.grades.values():
        folder.put(grade)
    folder.write_index(cohort.index)
    path = folder.grade_file(cohort.index.keys[0])
    path.write_bytes(data)
    read = folder.cohort()
    assert len(read.grades) == len(cohort.grades) - 1
    (notice,) = read.notices
    assert sentence in notice
    assert path.name in notice
    assert path.read_bytes() == data  # looking changes nothing


def test_a_grade_under_another_name_is_no_grade(folder: ResultsFolder) -> None:
    folder.put(GRADE)
    other = "f" * 64
    folder.grade_file(other).parent.mkdir(parents=True, exist_ok=True)
    folder.grade_file(GRADE.key).rename(folder.grade_file(other))
    assert folder.get(other) is None
    assert list(folder.all()) == []


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "AB" * 32, "ab", "g" * 64, "ab" * 32 + "/x"])
def test_a_key_is_hexadecimal_and_nothing_else(folder: ResultsFolder, key: str) -> None:
    with pytest.raises(ResultsError, match="not a key of a grade"):
        folder.put(replace(GRADE, key=key))


HOSTILE = st.text(st.characters(exclude_categories=()), max_size=50)


@settings(max_examples=50)
@given(text=HOSTILE)
def test_whatever_learners_write_can_be_kept_and_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = ResultsFolder(tmp_path_factory.mktemp("results"))
    folder.put(with_text(text))
    kept = folder.get(GRADE.key)
    assert kept is not None
    assert kept.refusal == text.encode("utf-8", "backslashreplace").decode()


def test_a_megabyte_is_cut_and_numbers_that_json_lacks_become_finite(folder: ResultsFolder) -> None:
    grade = with_text("x" * 2**20)
    figures = tuple(Figure(FigureKind.RACE, "", value, 1.0, "") for value in (math.inf, -math.inf, math.nan))
    test = replace(grade.report.tests[0], figures=figures)
    folder.put(replace(grade, report=replace(grade.report, tests=(test,))))
    kept = folder.get(GRADE.key)
    assert kept is not None
    assert all(math.isfinite(figure.value) for figure in kept.report.tests[0].figures)
    assert folder.grade_file(GRADE.key).stat().st_size < 200_000


def test_a_cohort_comes_back_as_it_was_written(folder: ResultsFolder) -> None:
    cohort = mixed_cohort()
    folder.write_index(cohort.index)
    assert folder.cohort().grades == {}  # a run that was killed before its first grade
    for grade in cohort.grades.values():
        folder.put(grade)
    assert folder.cohort() == cohort
    assert {grade.key for grade in folder.all()} == set(cohort.index.keys)


def test_grades_of_other_runs_do_not_belong_to_this_one(folder: ResultsFolder) -> None:
    cohort = mixed_cohort()
    folder.put(make_grade("learner-1", make_report("a01_mse", "F"), salt="an older run"))
    folder.write_index(cohort.index)
    assert folder.cohort().grades == {}


def test_a_folder_without_an_index_is_no_results_folder(folder: ResultsFolder) -> None:
    with pytest.raises(ResultsError, match="not a results folder") as caught:
        folder.cohort()
    assert "kata grade" in caught.value.hint


def test_graded_and_self_reported_results_never_share_a_folder(folder: ResultsFolder) -> None:
    index = mixed_cohort().index
    folder.write_index(index)
    with pytest.raises(ResultsError, match="holds graded results, and these are self-reported"):
        folder.write_index(replace(index, origin=SELF_REPORTED))
    assert folder.read_index() == index


def test_a_foreign_cohort_json_is_not_overwritten(folder: ResultsFolder) -> None:
    folder.path.mkdir()
    folder.index_file.write_text('{"mine": 1}')
    with pytest.raises(ResultsError, match="not a file of this harness"):
        folder.write_index(mixed_cohort().index)
    assert folder.index_file.read_text() == '{"mine": 1}'


def test_an_index_with_hostile_names_can_be_written(folder: ResultsFolder) -> None:
    learner = Learner("\ud800\x1b[2J" * 3, "learner-1", "", identifiers={"\udc80": "\udc81"})
    folder.write_index(replace(mixed_cohort().index, learners=(learner,)))
    assert folder.read_index().learners[0].name.startswith("\\ud800")
    json.loads(folder.index_file.read_bytes())


def test_submissions_are_kept_by_their_hash(folder: ResultsFolder) -> None:
    submission = Submission("learner-1", "a01_mse", b"def mse(): ...\r\n\xff")
    folder.put_submission(submission)
    folder.put_submission(submission)
    assert folder.submission(submission.sha256) == submission.source
    assert folder.submission("0" * 64) is None


def test_a_place_that_cannot_be_written_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(ResultsError, match=r"cannot be read|cannot write"):
        ResultsFolder(tmp_path / "results").put(GRADE)
