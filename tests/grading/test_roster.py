"""Rosters: a table, a folder or a zip gives learners, or one clear error with the line."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.grading.collect import RosterError, read_roster
from harness.grading.model import Learner
from harness.grading.slugs import make_slug


def roster(folder: Path, content: str | bytes, name: str = "roster.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def by_name(learners: tuple[Learner, ...]) -> dict[str, Learner]:
    return {learner.name: learner for learner in learners}


def refused(path: Path, *parts: str, line: int | None = None) -> RosterError:
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    for part in parts:
        assert part in str(caught.value)
    assert caught.value.line == line
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_table_however_it_was_saved(tmp_path: Path, delimiter: str, mark: bytes, end: str) -> None:
    rows = ["name,source,ref,group,email,Canvas ID", "learner-1,forks/one,main,north,l1@example.org,17", "lörner 2,two"]
    text = end.join(row.replace(",", delimiter) for row in rows)
    one, two = read_roster(roster(tmp_path, mark + text.encode()))
    assert one == Learner(
        "learner-1",
        "learner-1",
        str(tmp_path / "forks/one"),
        "main",
        "north",
        "l1@example.org",
        {"Canvas ID": "17"},
    )
    assert (two.name, two.source, two.ref, two.identifiers) == ("lörner 2", str(tmp_path / "two"), "", {})


def test_a_comma_in_a_name_does_not_make_a_semicolon_table_another(tmp_path: Path) -> None:
    (learner,) = read_roster(roster(tmp_path, 'name;source;note, long\n"Two, Learner";here;a, b, c\n'))
    assert learner.name == "Two, Learner"
    assert learner.identifiers == {"note, long": "a, b, c"}


def test_columns_go_in_any_order_and_case_and_blank_lines_do_not_count(tmp_path: Path) -> None:
    (learner,) = read_roster(roster(tmp_path, "\n Group , SOURCE,Name,\n\n , ,\nnorth,here,learner-1,\n\n"))
    assert (learner.name, learner.group, learner.identifiers) == ("learner-1", "north", {})


@pytest.mark.parametrize(
    "source",
    ["https://example.org/learner/fork.git", "git@example.org:learner/fork.git", "ssh://git@example.org/fork"],
)
def test_urls_stay_as_they_are(tmp_path: Path, source: str) -> None:
    (learner,) = read_roster(roster(tmp_path, f"name,source\nlearner-1,{source}\n"))
    assert learner.source == source


def test_an_absolute_path_stays_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    (learner,) = read_roster(roster(tmp_path, f"name,source\nlearner-1,{place}\n"))
    assert learner.source == str(place)


@pytest.mark.parametrize(
    ("content", "parts", "line"),
    [
        ("", ["no column name", "no column source"], 1),
        ("\n\n", ["no column name"], 1),
        ("name,path\nlearner-1,x\n", ["no column source"], 1),
        ("learner-1,x\n", ["no column name"], 1),
        ("name,source,Source\na,b,c\n", ["'source' is there twice"], 1),
        ("name,source,id,ID\na,b,c,d\n", ["'id' is there twice"], 1),
        ("name,source\nlearner-1,x\n\nlearner-1,y\n", ["'learner-1' is there twice", "line 2"], 4),
        ("name,source\ncafe\u0301,x\ncaf\u00e9,y\n", ["is there twice"], 3),
        ("name,source\nlearner-1,\n", ["the source is empty"], 2),
        ("name,source\n ,x\n", ["the name is empty"], 2),
        ("name,source\nlearner-1\n", ["the source is empty"], 2),
        ("name,source\nlearner-1,x,y\n", ["3 values", "2 columns"], 2),
        ('name,source\n"learner-1,x\n', ["no CSV"], 2),
        ('name,source\n"a\nb",x\n"c"d,x\n', ["no CSV"], 4),
        (b"name,source\nlearner-1,x\nl\xe9rner,y\n", ["byte 0xe9", "line 3"], 3),
        (b"name,source\nlearner\0,x\n", ["NUL"], 2),
        ("name,source\nlearner-1,x\n".encode("utf-16"), ["UTF-16"], 1),
        ("name,source\n" + "x" * 200_000 + ",y", ["no CSV"], 2),
    ],
)
def test_a_table_that_cannot_be_used_is_one_sentence_with_its_line(
    tmp_path: Path, content: str | bytes, parts: list[str], line: int
) -> None:
    error = refused(roster(tmp_path, content), f"line {line}" if "UTF-16" not in parts else "", *parts, line=line)
    assert "\n" not in str(error)


def test_a_table_without_learners(tmp_path: Path) -> None:
    refused(roster(tmp_path, "name,source\n"), "names no learner")


def test_a_roster_that_is_not_there_or_no_file(tmp_path: Path) -> None:
    refused(tmp_path / "none.csv", "there is no roster")
    refused(tmp_path / "nul\0.csv", "cannot be read")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        refused(tmp_path / "pipe.csv", "is not a regular file")
        (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
        refused(tmp_path / "loop.csv", "cannot be read")


def test_names_are_cleaned_for_display(tmp_path: Path) -> None:
    (learner,) = read_roster(roster(tmp_path, b'name,source\n"a\x1b[31m\nb\xe2\x80\xae",x\n'))
    assert learner.name == r"a\x1b[31m b\u202e"
    assert learner.slug.isascii()


@given(st.binary(max_size=300) | st.text(alphabet='name,source\n\r";\t \0é', max_size=200).map(str.encode))
@example(b"name,source\n\xff,x")
@example(b"PK\x03\x04")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_give_learners_or_one_error(tmp_path: Path, data: bytes) -> None:
    try:
        learners = read_roster(roster(tmp_path, data))
    except RosterError:
        return
    assert len({learner.name for learner in learners}) == len({learner.slug for learner in learners}) == len(learners)


def test_a_folder_of_folders_and_zips(tmp_path: Path) -> None:
    for name in ("learner-1", "learner-2", ".git-cache", "__MACOSX"):
        (tmp_path / name).mkdir()
    roster(tmp_path, "", "learner-3.ZIP")
    roster(tmp_path, "", "notes.txt")
    learners = by_name(read_roster(tmp_path))
    assert set(learners) == {"learner-1", "learner-2", "learner-3"}
    assert learners["learner-1"].source == str(tmp_path / "learner-1")
    assert learners["learner-3"].source == str(tmp_path / "learner-3.ZIP")


def test_a_folder_and_a_zip_of_one_name_get_suffixes(tmp_path: Path) -> None:
    (tmp_path / "learner-1").mkdir()
    roster(tmp_path, "", "learner-1.zip")
    (tmp_path / "learner-1 (1)").mkdir()
    learners = read_roster(tmp_path)
    assert sorted(learner.name for learner in learners) == ["learner-1 (1)", "learner-1 (2)", "learner-1 (3)"]
    assert len({learner.slug for learner in learners}) == 3


@pytest.mark.parametrize("one", ["katas", ".git"])
def test_the_folder_of_one_learner_is_no_roster(tmp_path: Path, one: str) -> None:
    (tmp_path / one).mkdir()
    refused(tmp_path, "one learner, not of several")


def test_an_empty_folder_is_no_roster(tmp_path: Path) -> None:
    refused(tmp_path, "no folder or zip of a learner")


MOODLE = [
    "Learner One_12_assignsubmission_file_work.zip",
    "Learner One_12_assignsubmission_onlinetext_text.html",
    "Learner Two_13_assignsubmission_file_/mse.py",
    "Learner Two_14_assignsubmission_file/mse.py",
    "Team Blue_assignsubmission_file/work.zip",
]
CANVAS = [
    "oneleärner_21_901_mse.py",
    "oneleärner_21_902_r2_score-1.py",
    "twolearner_LATE_22_903_work_1_2_x.zip",
    "anon_Xy9_904_work.zip",
    "LATE_anon_Zz1_905_work.zip",
]


def lay_out(names: list[str], path: Path) -> Path:
    """A bulk download of these names: a zip, or a folder when `path` has no suffix."""
    if path.suffix:
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"x")
        return path
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(b"x")
    return path


@pytest.mark.parametrize("target", ["bulk.zip", "bulk"])
def test_moodles_bulk_download(tmp_path: Path, target: str) -> None:
    path = lay_out(MOODLE, tmp_path / target)
    learners = by_name(read_roster(path))
    assert {name: learner.identifiers.get("Moodle participant", "") for name, learner in learners.items()} == {
        "Learner One": "12",
        "Learner Two (13)": "13",
        "Learner Two (14)": "14",
        "Team Blue": "",
    }
    assert learners["Learner One"].source == f"{path}!/moodle-12"


@pytest.mark.parametrize("target", ["bulk.zip", "bulk"])
def test_canvas_bulk_download(tmp_path: Path, target: str) -> None:
    path = lay_out(CANVAS, tmp_path / target)
    learners = by_name(read_roster(path))
    assert {name: learner.identifiers.get("Canvas ID", "") for name, learner in learners.items()} == {
        "oneleärner": "21",
        "twolearner": "22",
        "anon Xy9": "",
        "anon Zz1": "",
    }


def test_a_zip_of_zips_and_folders(tmp_path: Path) -> None:
    path = lay_out(["learner-1.zip", "learner-2/katas/a01_mse/mse.py", "../evil.zip", "x.txt"], tmp_path / "all.zip")
    assert sorted(learner.source for learner in read_roster(path)) == [
        f"{path}!/learner-1.zip",
        f"{path}!/learner-2/",
    ]


def test_a_zip_that_is_damaged_or_of_one_learner_is_no_roster(tmp_path: Path) -> None:
    refused(roster(tmp_path, b"PK\x03\x04 and no more", "bulk.zip"), "is damaged, or no zip")
    refused(lay_out(["katas/a01_mse/mse.py"], tmp_path / "one.zip"), "one learner, not of several")


@given(st.lists(st.text(max_size=12), unique=True, max_size=20))
@example(["Ada", "ada", "ADA", "con", "", "..", "ada-54d5cb2d"])
def test_slugs_are_safe_and_unique(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        slug = make_slug(name, taken)
        assert slug not in taken
        assert slug.isascii()
        assert not set(slug) & set("/\\.: ")
        assert slug == slug.lower()
        taken.add(slug)


def test_a_slug_does_not_depend_on_the_others() -> None:
    assert make_slug("learner-1") == "learner-1"
    assert make_slug("Learner 1", {"learner-1"}) == make_slug("Learner 1")
    assert make_slug("Learner 1") != make_slug("learner 1")
    assert make_slug("Lörner Ö").startswith("lorner-o-")
    assert make_slug("con").startswith("con-")
