"""Nothing of the learner's is lost: attempts are kept whole, the stub comes back from wherever it can, and time begins anew."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.catalog.published_stub import StubLostError, published_stub, remember_stubs
from harness.core.errors import StateError
from harness.core.model import Kata
from harness.history.snapshots import keep, replacement, snapshots

from checkout import GOOD, STUB
from people import Person

is_root = hasattr(os, "geteuid") and os.geteuid() == 0


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-c", "core.autocrlf=false", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture
def kata(person: Person) -> Kata:
    return person.kata_named()


# --- attempts --------------------------------------------------------------------------------------------------------


def test_attempts_are_numbered_and_the_same_code_is_kept_once(kata: Kata, tmp_path: Path) -> None:
    assert snapshots(tmp_path, kata) == []
    first = keep(tmp_path, kata, b"one", has_passed=False)
    second = keep(tmp_path, kata, b"two", has_passed=True)
    assert first is not None
    assert second is not None
    assert [first.name, second.name] == ["0001.py", "0002-passed.py"]
    assert keep(tmp_path, kata, b"one", has_passed=False) == first
    assert keep(tmp_path, kata, b"two", has_passed=False) == second
    third = keep(tmp_path, kata, b"one", has_passed=True)  # it is known to pass now, which is worth to know
    assert third is not None
    assert third.name == "0003-passed.py"
    assert [kept.read() for kept in snapshots(tmp_path, kata)] == [b"one", b"two", b"one"]


def test_the_empty_stub_is_not_an_attempt(kata: Kata, tmp_path: Path) -> None:
    assert keep(tmp_path, kata, STUB.encode(), has_passed=False) is None
    assert keep(tmp_path, kata, STUB.replace("\n", "\r\n").encode(), has_passed=False) is None
    assert snapshots(tmp_path, kata) == []


def test_of_many_at_once_each_keeps_its_own(kata: Kata, tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=keep, args=(tmp_path, kata, f"attempt {i}".encode()), kwargs={"has_passed": False})
        for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert {kept.read() for kept in snapshots(tmp_path, kata)} == {f"attempt {i}".encode() for i in range(8)}


def test_strange_files_among_the_attempts_are_passed_over(kata: Kata, tmp_path: Path) -> None:
    keep(tmp_path, kata, b"one", has_passed=False)
    for name in ("notes.txt", "0002.py.bak", ".0002.py.x1", "passed.py"):
        (tmp_path / "attempts" / kata.slug / name).write_text("mine")
    assert [kept.name for kept in snapshots(tmp_path, kata)] == ["0001.py"]


def test_a_file_is_replaced_only_when_all_went_well_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "mse.py"
    file.write_bytes(b"old")
    file.chmod(0o640)
    with pytest.raises(ValueError, match="no"), replacement(file, b"new"):
        raise ValueError("no")
    assert file.read_bytes() == b"old"
    with replacement(file, b"new"):
        assert file.read_bytes() == b"old"
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["mse.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs the right to make links there")
def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "real.py").write_bytes(b"old")
    (tmp_path / "mse.py").symlink_to("mine/real.py")
    with replacement(tmp_path / "mse.py", b"new"):
        pass
    assert (tmp_path / "mse.py").is_symlink()
    assert (tmp_path / "mine" / "real.py").read_bytes() == b"new"


def test_what_cannot_be_replaced_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be written"), replacement(tmp_path / "none" / "mse.py", b"new"):
        pytest.fail("the block must not begin")


# --- the published stub ----------------------------------------------------------------------------------------------


def test_the_stub_is_remembered_while_it_is_the_published_one(kata: Kata, tmp_path: Path) -> None:
    kata.published_stub.unlink()
    remember_stubs(tmp_path, [kata])
    kata.stub.write_text(GOOD)
    remember_stubs(tmp_path, [kata])
    assert published_stub(tmp_path, kata) == STUB.encode()


def test_a_copy_that_somebody_has_changed_is_not_taken_for_it(kata: Kata, tmp_path: Path) -> None:
    kata.published_stub.unlink()
    remember_stubs(tmp_path, [kata])
    kata.stub.write_text(GOOD)
    (copy,) = (tmp_path / "stubs").iterdir()
    copy.write_text("def double(x): return x\n")
    with pytest.raises(StubLostError, match=r"neither in \.stub, nor in the state folder, nor in git's history"):
        published_stub(tmp_path, kata)


def test_the_stub_is_found_in_git_however_long_ago_and_on_whichever_branch(person: Person, tmp_path: Path) -> None:
    root, kata = person.checkout.root, person.kata_named()
    kata.published_stub.unlink()
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "published")
    git(root, "branch", "elsewhere")
    kata.stub.write_text(GOOD)
    git(root, "commit", "-qam", "solved")
    kata.stub.write_text(GOOD + "\n")
    assert published_stub(tmp_path, kata) == STUB.encode()
    assert list((tmp_path / "stubs").iterdir())
    git(root, "checkout", "-q", "--orphan", "fresh")
    git(root, "commit", "-qam", "solved")
    assert published_stub(tmp_path / "other", kata) == STUB.encode()


def test_the_stub_is_published_twice_so_that_a_download_without_a_history_has_it(kata: Kata, tmp_path: Path) -> None:
    kata.stub.write_text(GOOD)
    assert published_stub(tmp_path, kata) == STUB.encode()
    kata.published_stub.write_text(GOOD)
    with pytest.raises(StubLostError):
        published_stub(tmp_path, kata)


def test_what_git_has_against_a_checkout_is_told(person: Person, tmp_path: Path) -> None:
    kata = person.kata_named()
    kata.published_stub.unlink()
    kata.stub.write_text(GOOD)
    (person.checkout.root / ".git").write_text("gitdir: /nowhere\n")
    with pytest.raises(StubLostError, match="git says: fatal: not a git repository: /nowhere"):
        published_stub(tmp_path, kata)


def test_without_a_copy_and_without_git_a_file_can_be_named(person: Person, tmp_path: Path) -> None:
    kata = person.kata_named()
    kata.published_stub.unlink()
    kata.stub.write_text(GOOD)
    with pytest.raises(StubLostError) as caught:
        published_stub(tmp_path, kata)
    assert "--stub FILE" in caught.value.hint
    (tmp_path / "right.py").write_text(STUB)
    (tmp_path / "wrong.py").write_text("pass\n")
    assert published_stub(tmp_path, kata, tmp_path / "right.py") == STUB.encode()
    with pytest.raises(StubLostError, match="is not the published stub"):
        published_stub(tmp_path, kata, tmp_path / "wrong.py")
    with pytest.raises(StubLostError, match="cannot be read"):
        published_stub(tmp_path, kata, tmp_path / "none.py")


# --- reset and restore -----------------------------------------------------------------------------------------------


def test_a_reset_keeps_the_code_and_a_restore_brings_it_back(person: Person) -> None:
    person.types("list")  # the stub is seen
    person.kata_named().published_stub.unlink()
    person.stub.write_text("mine = 1\n")
    done = person.types("reset", "twice")
    assert done.code == 0, done.text
    assert "kept as attempt 1, .kata/attempts/a01_twice/0001.py" in done.out
    assert person.stub.read_text() == STUB
    person.stub.write_text("mine = 2\n")
    done = person.types("restore", "twice")
    assert "twice.py is attempt 1" in done.out
    assert "kept as attempt 2" in done.out
    assert person.stub.read_text() == "mine = 1\n"
    assert person.types("restore", "twice").code == 0  # the newest that differs: there and back again
    assert person.stub.read_text() == "mine = 2\n"
    assert person.types("restore", "twice", "1").code == 0
    assert person.stub.read_text() == "mine = 1\n"
    assert "attempt 1 already" in person.types("restore", "twice", "1").out
    assert [kind for kind, _ in person.happened()] == ["reset", "restore", "restore", "restore"]
    assert person.happened("reset") == [("reset", {"kept": "0001.py"})]
    assert person.happened("restore")[0] == ("restore", {"kept": "0001.py", "passed": False, "left": "0002.py"})


def test_a_reset_of_an_empty_stub_does_nothing_and_says_so(person: Person) -> None:
    assert person.types("reset", "a1").out == "twice.py is the empty stub already.\n"
    assert person.happened() == []


def test_a_reset_brings_back_a_file_that_was_deleted(person: Person) -> None:
    person.types("list")
    person.stub.unlink()
    assert person.types("reset", "a1").code == 0
    assert person.stub.read_text() == STUB


def test_a_reset_that_cannot_find_the_stub_leaves_everything_as_it_was(person: Person, tmp_path: Path) -> None:
    person.kata_named().published_stub.unlink()
    person.stub.write_text("mine = 1\n")
    done = person.types("reset", "a1")
    assert done.code == 2
    assert done.err.startswith("kata: the published stub of a01_twice is neither")
    assert person.stub.read_text() == "mine = 1\n"
    assert person.happened() == []
    (tmp_path / "download.py").write_text(STUB)
    assert person.types("reset", "a1", "--stub", str(tmp_path / "download.py")).code == 0
    assert person.stub.read_text() == STUB


def test_restore_lists_and_refuses_what_is_not_there(person: Person) -> None:
    assert person.types("restore", "a1").err.startswith("kata: no attempt at a01_twice is kept")
    assert "No attempt" in person.types("restore", "a1", "--list").err
    person.types("list")
    person.stub.write_text("a\nb\n")
    person.types("reset", "a1")
    listed = person.types("restore", "a1", "--list").out
    assert listed.split()[0] == "1"
    assert "2 lines" in listed
    done = person.types("restore", "a1", "7")
    assert (done.code, "those kept are 1" in done.err) == (2, True)
    assert person.stub.read_text() == STUB


def test_the_clock_and_the_hints_begin_anew_with_a_reset(person: Person) -> None:
    person.types("list")
    person.kata_named().published_stub.unlink()
    person.stub.write_text("mine = 1\n")
    with person.history() as history:
        history.start("a01_twice", 100.0)
        history.add("hint", "a01_twice", 100.0, number=1)
        history.stop(400.0)
    person.types("reset", "a1")
    with person.history() as history:
        assert history.spent_s("a01_twice", 500.0) == 0
    assert "Hint 1 of 3" in person.types("hint", "a1").out


@pytest.mark.skipif(is_root or sys.platform == "win32", reason="root may write everywhere")
def test_a_stub_that_cannot_be_written_is_a_sentence(person: Person) -> None:
    person.types("list")
    person.kata_named().published_stub.unlink()
    person.stub.write_text("mine = 1\n")
    person.folder.chmod(0o555)
    try:
        done = person.types("reset", "a1")
    finally:
        person.folder.chmod(0o755)
    assert (done.code, "cannot be written" in done.err) == (2, True)
    assert person.happened() == []


def test_a_reset_whose_history_cannot_be_written_changes_nothing(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.history.store import History

    def full(*_args: object, **_data: object) -> int:
        raise StateError("the history cannot be written: database or disk is full")

    person.types("list")
    person.kata_named().published_stub.unlink()
    person.stub.write_text("mine = 1\n")
    monkeypatch.setattr(History, "add", full)
    done = person.types("reset", "a1")
    assert (done.code, "disk is full" in done.err) == (2, True)
    assert person.stub.read_text() == "mine = 1\n"
    assert len(list(person.folder.iterdir())) == 5  # nothing half-written is left


@pytest.mark.parametrize("command", ["reset", "restore", "start", "hint", "submit", "diff", "show", "list", "next"])
def test_a_folder_in_place_of_the_file_is_a_sentence_or_does_not_matter(person: Person, command: str) -> None:
    person.types("list")
    keep(person.checkout.state, person.kata_named(), b"x = 1\n", has_passed=False)
    person.stub.unlink()
    person.stub.mkdir()
    done = person.types(command, *(() if command in ("list", "next") else ("a1",)))
    assert done.code in (0, 1, 2)
    assert "Traceback" not in done.text
    assert person.stub.is_dir()


def test_a_clock_of_a_kata_that_is_gone_can_be_stopped(person: Person) -> None:
    with person.history() as history:
        history.start("z99_gone", 1_000.0)
    assert "None is begun" in person.types("show").err
    assert person.types("stop").out.startswith("z99_gone: stopped at")
