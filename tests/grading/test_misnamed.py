"""A file under another name is named in a sentence, and taken only when asked for and when no other can be meant."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog.load import stub_hash
from harness.grading.collect import collect
from harness.grading.model import Learner, Refusal, Submission

from boards import make_kata

STUB = b"def mse(x, y):\n    raise NotImplementedError\n"
MSE = replace(make_kata("a01_mse"), stub_sha256=stub_hash(STUB), helpers=("tools",))
KNN, FAST = make_kata("b01_knn"), make_kata("c01_knn_fast")
KATAS = (MSE, KNN, FAST)
SOURCE = b"def mse(x, y):\n    return 1.0\n"


def make(kind: str, folder: Path, files: Mapping[str, bytes]) -> Path:
    """A source of this kind with these files."""
    if kind == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        (folder / "work.zip").write_bytes(buffer.getvalue())
        return folder / "work.zip"
    for name, data in files.items():
        (folder / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "work" / name).write_bytes(data)
    if kind == "git":
        if shutil.which("git") is None:
            pytest.skip("git is not installed")
        settings = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        for command in (["init", "-q"], ["add", "-A"], [*settings, "commit", "-q", "-m", "x"]):
            subprocess.run(["git", *command], cwd=folder / "work", check=True)
    return folder / "work"


def gathered(source: Path, *, accept_names: bool = False, graded: int = 3) -> tuple[list[Submission], dict[str, str]]:
    """What is taken, and the sentences of what is refused, by kata."""
    one = Learner("learner-1", "learner-1", str(source))
    taken, refusals = collect(one, KATAS[:graded], catalog=KATAS, accept_names=accept_names)
    return taken, {refusal.kata: refusal.sentence for refusal in refusals}


IN_FOLDER = ["MSE.py", "mse_final.py", "solution.py", "mse (1).py", "Mse.PY"]


@pytest.mark.parametrize("kind", ["folder", "zip", "git"])
@pytest.mark.parametrize("name", IN_FOLDER)
def test_a_file_in_the_kata_s_folder_is_named_and_taken_when_asked_for(tmp_path: Path, kind: str, name: str) -> None:
    path = f"katas/a01_mse/{name}"
    tests = dict.fromkeys((f"katas/a01_mse/{other}" for other in ("test_mse.py", "tools.py", "conftest.py")), b"")
    source = make(kind, tmp_path, {path: SOURCE, **tests})
    assert gathered(source) == ([], {"a01_mse": f"found {path}, expected mse.py"})
    (taken,), refusals = gathered(source, accept_names=True)
    assert (taken.kata, taken.source, refusals) == ("a01_mse", SOURCE, {})
    assert taken.remark == f"found {path}, expected mse.py: taken, because no other file can be meant"


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize(
    ("name", "kata"),
    [
        ("MSE.py", "a01_mse"),
        ("mse_final.py", "a01_mse"),
        ("a01-mse.py", "a01_mse"),
        ("my mse2.py", "a01_mse"),
        ("KNN.py", "b01_knn"),
        ("knn_fast_v2.py", "c01_knn_fast"),
    ],
)
def test_a_bare_file_belongs_to_the_kata_that_its_name_has_in_it(
    tmp_path: Path, kind: str, name: str, kata: str
) -> None:
    source = make(kind, tmp_path, {name: SOURCE})
    assert gathered(source) == ([], {kata: f"found {name}, expected {kata[4:]}.py"})
    (taken,), _ = gathered(source, accept_names=True)
    assert taken.kata == kata


def test_a_file_of_no_kata_is_named_and_never_taken_when_several_are_graded(tmp_path: Path) -> None:
    source = make("folder", tmp_path, {"solution.py": SOURCE})
    sentence = "found solution.py, expected mse.py, knn.py, knn_fast.py"
    for accept_names in (False, True):
        assert gathered(source, accept_names=accept_names) == ([], {"": sentence})


def test_a_file_of_any_name_is_taken_when_one_kata_is_graded(tmp_path: Path) -> None:
    source = make("folder", tmp_path, {"solution.py": SOURCE, "knn.py": b"another kata"})
    assert gathered(source, graded=1) == ([], {"": "found solution.py, expected mse.py"})
    (taken,), _ = gathered(source, graded=1, accept_names=True)
    assert taken.source == SOURCE


@pytest.mark.parametrize("place", ["", "katas/a01_mse/"])
def test_two_files_that_can_be_meant_are_never_taken(tmp_path: Path, place: str) -> None:
    source = make("folder", tmp_path, {f"{place}MSE.py": SOURCE, f"{place}mse_final.py": SOURCE})
    taken, refusals = gathered(source, accept_names=True)
    assert taken == []
    assert all(name in refusals["a01_mse"] for name in ("MSE.py", "mse_final.py", "expected mse.py"))


def test_a_stub_that_is_unchanged_beside_another_file_gets_a_remark(tmp_path: Path) -> None:
    source = make("folder", tmp_path, {"katas/a01_mse/mse.py": STUB, "katas/a01_mse/mse_done.py": SOURCE})
    (taken,), refusals = gathered(source)
    assert (taken.source, refusals) == (STUB, {})
    assert taken.remark == ("found katas/a01_mse/mse_done.py, expected the solution in mse.py, which is unchanged")
    (taken,), _ = gathered(source, accept_names=True)
    assert taken.source == SOURCE


def test_other_files_beside_a_solution_are_ignored(tmp_path: Path) -> None:
    files = {"katas/a01_mse/mse.py": SOURCE, "katas/a01_mse/mse_old.py": b"", "scratch.py": b"", "MSE.py": b""}
    (taken,), refusals = gathered(make("folder", tmp_path, files), accept_names=True)
    assert (taken.source, taken.remark, refusals) == (SOURCE, "", {})


def test_what_is_wrong_with_a_file_under_another_name_is_said_when_it_is_taken(tmp_path: Path) -> None:
    source = make("folder", tmp_path, {"MSE.py": b"\xff"})
    assert gathered(source, accept_names=True) == ([], {"a01_mse": "MSE.py is not UTF-8 text: byte 0xff in line 1"})
    assert (
        Refusal("learner-1", "a01_mse", "found MSE.py, expected mse.py")
        in collect(Learner("learner-1", "learner-1", str(source)), KATAS)[1]
    )
