"""`kata release --gradescope`: the zip as Gradescope unpacks and runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT, environment
from editions import copy_repository, run

pytestmark = pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="Gradescope runs Linux")

SUITE = """
import mse as kata
import pytest
from harness.suite import check


@pytest.mark.example
def test_secret():
    check.equal(kata.mse([5], [7]), 4.0, asked="mse([5], [7])")
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An autograder of one kata with a hold-out suite."""
    folder = tmp_path_factory.mktemp("gradescope")
    repository = copy_repository(folder / "repository")
    (folder / "hold_out" / "a01_mse").mkdir(parents=True)
    (folder / "hold_out" / "a01_mse" / "test_mse.py").write_text(SUITE)
    arguments = ["release", "--gradescope", str(folder / "a1.zip"), "a01", "--hold-out", str(folder / "hold_out")]
    done = run(repository, *arguments)
    assert done.code == 0, done.text
    assert "an autograder for Gradescope, 1 kata" in done.out
    again = run(repository, *arguments)
    assert again.code == 2
    assert "is there already" in again.err
    return folder / "a1.zip"


def graded(archive: Path, place: Path, source: bytes | None) -> tuple[int, dict[str, Any]]:
    """Run the autograder on a submission; its exit code and `results.json`."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(place / "source")
    (place / "submission").mkdir()
    if source is not None:
        (place / "submission" / "mse.py").write_bytes(source)
    kata = place / "kata"
    kata.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness.cli.main "$@"\n')
    kata.chmod(0o755)
    env = {**environment(), "AUTOGRADER": str(place), "KATA": str(kata)}
    script = place / "source" / "run_autograder"
    done = subprocess.run(["bash", str(script)], cwd=place, env=env, capture_output=True, text=True, check=False)
    return done.returncode, json.loads((place / "results" / "results.json").read_text())


def test_the_scripts_are_at_the_root_and_may_be_run_and_no_solution_is_in_it(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = {entry.filename: entry.external_attr >> 16 for entry in opened.infolist()}
    assert names["setup.sh"] & 0o111
    assert names["run_autograder"] & 0o111
    assert not [name for name in names if name.startswith(("solutions", "tests"))]
    assert "hold_out/a01_mse/test_mse.py" in names
    for script in ("setup.sh", "run_autograder"):
        path = ROOT / "harness/edition/templates/gradescope" / script
        assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_a_right_submission_has_all_points_and_hold_out_tests_are_hidden(archive: Path, tmp_path: Path) -> None:
    code, document = graded(archive, tmp_path, (ROOT / "solutions/a01_mse/mse.py").read_bytes())
    assert code == 0
    assert document["score"] == 100
    hidden = [test for test in document["tests"] if test["visibility"] == "hidden"]
    assert [(test["name"], test["status"]) for test in hidden] == [("a01_mse: tests held out", "passed")]
    assert "secret" not in json.dumps(document)


def test_a_submission_that_is_missing_is_told(archive: Path, tmp_path: Path) -> None:
    code, document = graded(archive, tmp_path, None)
    assert code == 0
    assert document["score"] == 0
    assert "a01_mse: " in document["output"]


def test_a_failure_of_the_autograder_itself_is_told_in_the_results(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "source")
    env = {**environment(), "AUTOGRADER": str(tmp_path), "KATA": "/bin/false"}
    done = subprocess.run(["bash", str(tmp_path / "source" / "run_autograder")], env=env, check=False)
    assert done.returncode == 1
    document = json.loads((tmp_path / "results" / "results.json").read_text())
    assert document["score"] == 0
    assert "not the fault of the submission" in document["output"]
