"""A gradebook that Canvas has exported, filled in; and what identifies a person, in every grade file as it is."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.documents import ResultsError
from harness.grading.export.build import build
from harness.grading.export.gradebook import fill_in, read_gradebook
from harness.grading.export.options import Form
from harness.grading.export.write import render_files

from boards import make_report
from cohorts import make_cohort, make_grade, make_learner

EXPORTED = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,A01 Mse (88101),Essay (88102),A01 MSE old (3),Current Score
,,,,,Manual Posting,,,
    Points Possible,,,,,10,5,1,(read only)
"Ada, One",101,,@00123451,north,,4,1,80
"Two, Learner",900,,,north,3,5,0,70
"Nobody, Here",901,,nobody,north,7,5,0,70
"""


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    file = tmp_path / "grades.csv"
    file.write_text(EXPORTED, encoding="utf-8")
    return file


def test_only_columns_of_katas_are_filled_in_with_their_assignment_ids_and_scaled_points(exported: Path) -> None:
    one = replace(make_learner(0, name="Whoever"), identifiers={"login": "@00123451"})
    two = replace(make_learner(1, name="Learner Two"), identifiers={})
    grades = (
        make_grade(one.slug, make_report("a01_mse", "PPPP")),
        make_grade(two.slug, make_report("a01_mse", "PPFF")),
    )
    cohort = make_cohort((one, two), grades)
    filled = fill_in(read_gradebook(exported), build(cohort), cohort.learners)
    rows = rows_of(filled.text)
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "A01 Mse (88101)"]
    assert rows[1] == ["", "", "", "", "", "Manual Posting"]
    assert rows[2] == ["    Points Possible", "", "", "", "", "10"]
    assert rows[3] == ["Ada, One", "101", "", "@00123451", "north", "10"]
    assert rows[4][0] == "Two, Learner"
    assert 0 < float(rows[4][5]) < 10
    assert rows[5] == ["Nobody, Here", "901", "", "nobody", "north", "7"]  # not of this cohort: as it was


def test_learners_and_katas_that_the_gradebook_lacks_are_named(exported: Path) -> None:
    cohort = make_cohort((make_learner(5, name="Missing Person"),), ())
    notices = fill_in(read_gradebook(exported), build(cohort), cohort.learners).notices
    assert "Missing Person has no row in grades.csv" in notices
    assert any("grades.csv has no column A02" in notice for notice in notices)


@pytest.mark.parametrize("text", ["", "name,mark\nAda,1\n", "Student\nAda\n"])
def test_what_is_no_gradebook_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "marks.csv"
    file.write_text(text)
    with pytest.raises(ResultsError, match="is not a gradebook of Canvas"):
        read_gradebook(file)


def test_a_gradebook_without_a_kata_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "marks.csv"
    file.write_text("Student,ID,Essay (3)\nAda,1,4\n")
    cohort = make_cohort((make_learner(0),), ())
    with pytest.raises(ResultsError, match="has no column of a kata"):
        fill_in(read_gradebook(file), build(cohort), cohort.learners)


def test_identifiers_are_written_as_they_are_and_names_are_not() -> None:
    learner = replace(
        make_learner(0, name="=1+1"),
        email="+ada@example.org",
        identifiers={"id": "-7", "sisloginid": "@00123451", "idnumber": "N-1", "username": "@ada"},
    )
    files = {
        name: b"".join(pieces).decode("utf-8-sig")
        for _, name, pieces in render_files(make_cohort((learner,), ()), [Form.CANVAS, Form.MOODLE])
    }
    assert rows_of(files["canvas.csv"])[2][:4] == ["'=1+1", "-7", "", "@00123451"]
    assert rows_of(files["moodle.csv"])[1][:4] == ["'=1+1", "N-1", "@ada", "+ada@example.org"]


def test_the_scoreboard_is_marked_as_unicode_for_spreadsheets() -> None:
    files = {
        name: b"".join(pieces)
        for _, name, pieces in render_files(make_cohort((make_learner(0, name="Zoë"),), ()), [Form.CSV])
    }
    assert files["scoreboard.csv"].startswith("\ufefflearner".encode()) or files["scoreboard.csv"].startswith(
        '\ufeff"learner"'.encode()
    )
    assert "Zoë".encode() in files["scoreboard.csv"]
