"""Only stub files are taken, as blobs; what cannot be taken is refused in a sentence, and the others go on."""

from __future__ import annotations

import os
import stat
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cohort.collect import RosterError, clean, collect, read_roster
from harness.cohort.model import Learner

from boards import make_kata

MSE, KNN = make_kata("a01_mse"), make_kata("b01_knn")
SOURCE = b"def mse(y_true, y_pred):\n    return 0.0\n"


def learner(source: Path | str, ref: str = "") -> Learner:
    return Learner("learner-1", "learner-1", str(source), ref)


def fill(root: Path, data: bytes = SOURCE) -> Path:
    """A folder with one kata in it."""
    folder = root / "katas" / "a01_mse"
    folder.mkdir(parents=True)
    (folder / "mse.py").write_bytes(data)
    return root


def git(*arguments: str, cwd: Path) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=cwd, check=True, capture_output=True)


def repository(root: Path) -> Path:
    fill(root)
    git("init", "-q", "-b", "main", cwd=root)
    git("add", "-A", cwd=root)
    git("commit", "-q", "-m", "one", cwd=root)
    return root


def zipped(root: Path, names: dict[str, bytes]) -> Path:
    path = root / "learner-1.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return path


# --- the roster ------------------------------------------------------------------------------------------------------


def test_a_roster_is_read_with_all_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(
        "\ufeffName;Source;ref;group;SIS ID\nÄnne O;forks/one;main;north;77\n\nAnne-O;forks/two;;;\n", encoding="utf-8"
    )
    first, second = read_roster(path)
    assert (first.name, first.ref, first.group, first.identifiers) == ("Änne O", "main", "north", {"sis id": "77"})
    assert first.source == str(tmp_path / "forks" / "one")
    assert (first.slug, second.slug) == ("anne-o", "anne-o-2")


BAD_ROSTERS = {
    "has no column source": b"name,ref\nx,y\n",
    "line 3: name and source": b"name,source\na,b\nc,\n",
    "names 'a' twice": b"name,source\na,b\na,c\n",
    "is not UTF-8": b"name,source\n\xff,b\n",
    "names nobody": b"name,source\n",
    "line 2": b'name,source\n"a"b,c\n',
}


@pytest.mark.parametrize("sentence", BAD_ROSTERS)
def test_a_bad_roster_is_said_to_be_one(sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(BAD_ROSTERS[sentence])
    with pytest.raises(RosterError, match=sentence):
        read_roster(path)


def test_platform_exports_are_read_by_their_file_names(tmp_path: Path) -> None:
    for name in ("Kim Lee_12345_assignsubmission_file_work.zip", "leekim_late_12345_678901_work.zip", "plain.zip"):
        zipped(tmp_path, {"mse.py": SOURCE}).rename(tmp_path / name)
    (tmp_path / "folder").mkdir()
    assert [one.name for one in read_roster(tmp_path)] == ["Kim Lee", "folder", "leekim", "plain"]


# --- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        fill,
        repository,
        lambda root: zipped(root, {"katas/a01_mse/mse.py": SOURCE}),
        lambda root: zipped(root, {"repo-main/katas/a01_mse/mse.py": SOURCE}),
        lambda root: zipped(root, {"mse.py": SOURCE}),
    ],
)
def test_stub_files_are_taken_and_missing_ones_are_no_fault(make: Callable[[Path], Path], tmp_path: Path) -> None:
    taken, refused = collect(learner(make(tmp_path)), [MSE, KNN])
    assert [(one.kata, one.source) for one in taken] == [("a01_mse", SOURCE)]
    assert refused == []


def test_a_ref_names_the_version(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git("tag", "first", cwd=root)
    (root / "katas" / "a01_mse" / "mse.py").write_bytes(b"x = 2\n")
    git("commit", "-q", "-am", "two", cwd=root)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert collect(learner(root, "first"), [MSE])[0][0].source == SOURCE
    assert collect(learner(root, head), [MSE])[0][0].source == b"x = 2\n"
    assert "cannot be cloned" in collect(learner(root, "nowhere"), [MSE])[1][0].sentence


CONTENTS = {
    "larger than 1 MiB": b"#" * (2**20 + 1),
    "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "is not UTF-8": b"# \xff\n",
    "NUL byte": b"x = 1\0\n",
}


@pytest.mark.parametrize("sentence", CONTENTS)
@pytest.mark.parametrize("kind", ["folder", "git", "zip"])
def test_contents_that_are_no_source_are_refused(kind: str, sentence: str, tmp_path: Path) -> None:
    data = CONTENTS[sentence]
    if kind == "zip":
        source = zipped(tmp_path, {"mse.py": data})
    else:
        source = repository(tmp_path / "r") if kind == "git" else fill(tmp_path / "r")
        (source / "katas" / "a01_mse" / "mse.py").write_bytes(data)
        if kind == "git":
            git("commit", "-q", "-am", "x", cwd=source)
    taken, (refusal,) = collect(learner(source), [MSE])
    assert taken == []
    assert sentence in refusal.sentence


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs symbolic links")
@pytest.mark.parametrize("kind", ["file", "folder", "git", "pipe"])
def test_links_and_pipes_are_not_followed(kind: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("password = 1\n")
    root = tmp_path / "r"
    stub = fill(root) / "katas" / "a01_mse" / "mse.py"
    stub.unlink()
    if kind == "folder":
        stub.parent.rmdir()
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "mse.py").write_text("x = 1\n")
        stub.parent.symlink_to(tmp_path / "other")
    elif kind == "pipe":
        os.mkfifo(stub)
    else:
        stub.symlink_to(secret)
    if kind == "git":
        git("init", "-q", cwd=root)
        git("add", "-A", cwd=root)
        git("commit", "-q", "-m", "x", cwd=root)
    taken, (refusal,) = collect(learner(root), [MSE])
    assert taken == []
    assert "symbolic link" in refusal.sentence or "no regular file" in refusal.sentence


def test_hooks_of_a_repository_do_not_run(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    for name in ("post-checkout", "pre-receive", "post-upload-pack", "reference-transaction"):
        hook = root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(hook.stat().st_mode | stat.S_IEXEC)
    git("config", "core.fsmonitor", f"touch {tmp_path}/ran", cwd=root)
    git("config", "uploadpack.packObjectsHook", f"touch {tmp_path}/ran", cwd=root)
    assert len(collect(learner(root), [MSE])[0]) == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "name", ["../mse.py", "/etc/mse.py", "a/../../katas/a01_mse/mse.py", "C:\\mse.py", "..\\mse.py"]
)
def test_zips_that_climb_are_refused(name: str, tmp_path: Path) -> None:
    taken, (refusal,) = collect(learner(zipped(tmp_path, {name: SOURCE, "mse.py": SOURCE})), [MSE])
    assert taken == []
    assert "climbs" in refusal.sentence


def test_zip_bombs_and_ambiguous_zips_are_refused(tmp_path: Path) -> None:
    bomb = zipped(tmp_path, {"mse.py": b"0" * (900 * 1024)})
    assert "unpacks to far more" in collect(learner(bomb), [MSE])[1][0].sentence
    two = zipped(tmp_path, {"a/katas/a01_mse/mse.py": SOURCE, "b/katas/a01_mse/mse.py": SOURCE})
    assert "2 files that could be" in collect(learner(two), [MSE])[1][0].sentence


@given(st.binary(max_size=400), st.integers(0, 300), st.binary(max_size=8))
def test_any_bytes_are_a_zip_or_a_refusal(data: bytes, place: int, change: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        good = zipped(Path(folder), {"mse.py": SOURCE, "katas/b01_knn/knn.py": b"x = 1\n"}).read_bytes()
        for content in (data, good[:place] + change + good[place + len(change) :], good[:place]):
            path = Path(folder) / "x.zip"
            path.write_bytes(content)
            taken, refused = collect(learner(path), [MSE, KNN])
            assert len(taken) + len(refused) <= 2


def test_one_bad_learner_does_not_stop_another(tmp_path: Path) -> None:
    assert "there is no" in collect(learner(tmp_path / "nowhere"), [MSE])[1][0].sentence
    assert "cannot be cloned" in collect(learner("ext::sh -c touch% /tmp/x.git"), [MSE])[1][0].sentence
    assert len(collect(learner(fill(tmp_path / "x")), [MSE])[0]) == 1


def test_names_are_cleaned_for_display() -> None:
    assert clean("a\x1b[2J\x00\ud800b\n") == "a [2J ?b"
