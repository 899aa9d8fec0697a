"""When something was handed in: by git's commit, by a platform's file names, by the roster; and grading with a deadline."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from harness.catalog.load import load_catalog
from harness.core.errors import KataError
from harness.grading.collect import collect, read_roster
from harness.grading.model import Learner, Submission
from harness.isolation.sandbox import PROCESS

from checkout import GOOD, STUB, Checkout

WRONG = "def double(x):\n    return x\n"
SLUG = "a01_twice"
MOMENT = 1_796_083_200
"""2026-12-01 00:00 UTC"""


@pytest.fixture
def graded(checkout: Checkout) -> Checkout:
    checkout.add(SLUG)
    return checkout


def submitted(checkout: Checkout, learner: Learner) -> Submission:
    found, refusals = collect(learner, load_catalog(checkout.root).katas)
    assert not refusals, refusals
    (one,) = found
    return one


def repository(folder: Path, source: str, moment: int) -> Path:
    file = folder / "katas" / SLUG / "twice.py"
    file.parent.mkdir(parents=True)
    file.write_text(source)
    date = f"{moment} +0900"
    env = {**os.environ, "GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": "1000000000 +0000"}
    who = ["-c", "user.name=committer X <x> 5 +0000", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "committer X <x> 7 +0000"]):
        subprocess.run(["git", *command], cwd=folder, env=env, check=True)
    return folder


def test_a_commit_says_when_it_was_made(graded: Checkout, tmp_path: Path) -> None:
    source = repository(tmp_path / "fork", GOOD, MOMENT)
    assert submitted(graded, Learner("Zoe", "zoe", str(source))).submitted == MOMENT


def test_the_roster_s_column_wins_and_a_folder_says_nothing(graded: Checkout, tmp_path: Path) -> None:
    source = repository(tmp_path / "fork", GOOD, MOMENT)
    assert submitted(graded, Learner("Zoe", "zoe", str(source), submitted=5.0)).submitted == 5.0
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "twice.py").write_text(GOOD)
    assert submitted(graded, Learner("Zoe", "zoe", str(tmp_path / "plain"))).submitted is None


@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_blackboard_s_names_say_when(graded: Checkout, tmp_path: Path, kind: str) -> None:
    names = ["Kata_zkaya_attempt_2026-11-30-23-59-12_twice.py", "Kata_other_attempt_2026-12-24-00-00-00_twice.py"]
    place = tmp_path / "bulk"
    if kind == "zip":
        place = place.with_suffix(".zip")
        with zipfile.ZipFile(place, "w") as archive:
            for name in names:
                archive.writestr(name, GOOD)
    else:
        place.mkdir()
        for name in names:
            (place / name).write_text(GOOD)
    first = next(one for one in read_roster(place) if one.name == "zkaya")
    assert submitted(graded, first).submitted == datetime(2026, 11, 30, 23, 59, 12).timestamp()


def test_a_file_that_canvas_calls_late_is_taken_with_a_remark(graded: Checkout, tmp_path: Path) -> None:
    (tmp_path / "bulk").mkdir()
    (tmp_path / "bulk" / "kayazoe_LATE_12_345_twice.py").write_text(GOOD)
    (learner,) = read_roster(tmp_path / "bulk")
    one = submitted(graded, learner)
    assert one.submitted is None
    assert one.remark.startswith("Canvas says that this is late")


@pytest.mark.parametrize("column", ["due", "submitted"])
def test_a_time_that_cannot_be_read_names_its_line(tmp_path: Path, column: str) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(f"name,source,{column}\nZoe,x,2026-12-01T23:59\nAda,y,soon\n")
    with pytest.raises(KataError, match=f"line 3: {column}: 'soon' is no time"):
        read_roster(file)


def test_a_cohort_with_a_deadline_is_graded_marked_and_graded_again(graded: Checkout) -> None:
    root = graded.root
    for name, source, moment in (("ada", GOOD, MOMENT - 60), ("bob", GOOD, MOMENT + 90_000), ("eve", WRONG, MOMENT)):
        repository(root / "forks" / name, source, moment)
    (root / "roster.csv").write_text(
        "name,source,due\nada,forks/ada,\nbob,forks/bob,\neve,forks/eve,2026-11-30T00:00+00:00\n"
    )
    options = ["--player", PROCESS, "--due", "2026-12-01T00:00+00:00", "--late", "10%/day", "--grace", "15min"]
    done = graded.kata("grade", "roster.csv", *options)
    assert done.code == 0, done.text

    def results() -> dict[str, dict[str, object]]:
        assert graded.kata("export", "results", "--format", "json").code == 0
        document = json.loads((root / "results" / "results.json").read_text())
        return {one["slug"]: one["results"][0] for one in document["learners"]}

    found = results()
    assert [found[name]["score"] for name in ("ada", "bob")] == [100.0, 80.0]
    assert found["bob"]["automatic"] == 100.0
    assert found["bob"]["late"] == "1 day 1 h late: 20 % of the points"
    assert str(found["eve"]["late"]).startswith("1 day late: 10 %")

    (root / "fixed.py").write_text(GOOD)
    again = graded.kata("regrade", "eve", "a01", "--reason", "the file was cut short", "--source", "fixed.py")
    assert again.code == 0, again.text
    assert "in progress, now passed" in again.out or "failing, now passed" in again.out
    assert graded.kata("mark", "bob", "a01", "95", "--note", "was ill").code == 0
    assert graded.kata("grade", "roster.csv", *options).code == 0
    found = results()
    assert (found["eve"]["state"], found["eve"]["score"]) == ("passed", 90.0)
    assert found["eve"]["regrade"] == "the file was cut short"
    assert (found["bob"]["score"], found["bob"]["mark"]) == (95.0, "was ill")

    (root / "forks" / "eve" / "katas" / SLUG / "twice.py").write_text(STUB)
    commit = ["git", "-c", "user.name=x", "-c", "user.email=x", "commit", "-qam", "another one"]
    subprocess.run(commit, cwd=root / "forks" / "eve", check=True)
    assert graded.kata("grade", "roster.csv", *options).code == 0
    assert results()["eve"]["state"] == "not started", "another submission has another grade"
