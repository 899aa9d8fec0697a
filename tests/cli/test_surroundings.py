"""What editors, shells and git leave around a checkout, and the names that they hand to commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.practice import here
from harness.core import state

from checkout import GOOD, STUB, Checkout

NEEDS_LINKS = pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")


@NEEDS_LINKS
@pytest.mark.parametrize("command", ["submit", "scoreboard"])
def test_the_lock_file_of_an_editor_is_left_alone(checkout: Checkout, command: str) -> None:
    folder = checkout.add("a01_good", GOOD)
    (folder / ".#good.py").symlink_to("me@host.123:456")
    done = checkout.kata(command, "a01")
    assert done.code == 0, done.text
    assert "passed" in done.out
    assert "2 of 2 tests pass" in done.out


@NEEDS_LINKS
def test_a_link_to_nothing_is_left_alone_too(checkout: Checkout) -> None:
    folder = checkout.add("a01_good", GOOD)
    (folder / "notes.py").symlink_to("gone.py")
    assert checkout.kata("submit", "a01").code == 0


def test_brackets_and_colons_in_the_path_of_a_checkout_are_no_part_of_a_test_id(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "br[x]" / "a::b")
    folder = checkout.add("a01_good", GOOD)
    for done in (checkout.kata("submit", str(folder)), checkout.pytest("katas/a01_good")):
        assert done.code == 0, done.text


@pytest.mark.parametrize("inside", [True, False], ids=["in the folder", "above it"])
def test_what_an_editor_calls_the_current_file_names_its_kata(checkout: Checkout, inside: bool) -> None:
    folder = checkout.add("a01_good", GOOD)
    checkout.add("a02_other")
    names = ["good.py", "test_good.py", ".", str(folder / "good.py"), str(folder / "README.md")] if inside else []
    names += [str(folder), str(folder / "test_follow_up.py")]
    for name in names:
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli.main", "list", "--json", name],
            cwd=folder if inside else checkout.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert [row["slug"] for row in json.loads(done.stdout)] == ["a01_good"], (name, done.stderr)


@pytest.mark.parametrize("source", [f"{STUB}\n\n", f"\ufeff{STUB}", STUB.replace("\n", "\r\n")], ids=ascii)
def test_blank_lines_at_the_end_and_a_byte_order_mark_do_not_begin_a_kata(checkout: Checkout, source: str) -> None:
    checkout.add("a01_stub", source.encode())
    (row,) = json.loads(checkout.kata("list", "--json").out)
    assert row["status"] == "not started"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["list >/dev/full", "list --json >/dev/full", "list >&-"])
def test_output_that_cannot_be_written_ends_in_a_sentence(checkout: Checkout, command: str) -> None:
    checkout.add("a01_good", GOOD)
    line = f'"{sys.executable}" -m harness.cli.main {command}'
    done = subprocess.run(["sh", "-c", line], cwd=checkout.root, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("kata: "), done.stderr


def test_optimised_python_runs_suites_as_any_other(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    done = checkout.kata("submit", "a01", env={"PYTHONOPTIMIZE": "1"})
    assert done.code == 0, done.text
    ignored = "ignore:assertions not in test modules:pytest.PytestConfigWarning"  # as in this repository's own
    settings = f'[tool.pytest.ini_options]\nfilterwarnings = ["error", "{ignored}"]\n'
    (checkout.root / "pyproject.toml").write_text(settings)
    assert checkout.pytest("katas/a01_good", PYTHONOPTIMIZE="1").code == 0


def test_the_git_folder_of_a_hook_is_not_taken_for_that_of_the_checkout(checkout: Checkout, tmp_path: Path) -> None:
    checkout.add("a01_good", GOOD)
    (checkout.root / "katas/a01_good/good.py").write_text(STUB)
    (checkout.root / "katas/a01_good/.stub").unlink()
    identity = ["-c", "user.name=Author", "-c", "user.email=author@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "stubs"]):
        subprocess.run(["git", *arguments], cwd=checkout.root, check=True)
    (checkout.root / "katas/a01_good/good.py").write_text(GOOD)
    done = checkout.kata("reset", "a01", env={"GIT_DIR": str(tmp_path / "elsewhere"), "GIT_WORK_TREE": str(tmp_path)})
    assert done.code == 0, done.text
    assert (checkout.root / "katas/a01_good/good.py").read_text() == STUB


def test_a_state_folder_of_somebody_else_is_named_as_the_cause(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.add("a01_good", GOOD)
    checkout.state.mkdir()
    monkeypatch.chdir(checkout.root)
    monkeypatch.setattr(state, "_writable", lambda folder: folder != checkout.state)  # who runs tests may be root
    here()
    told = capsys.readouterr().err
    assert f"{checkout.state} cannot be written to, it belongs to " in told
    assert "`chown -R`; results are kept in " in told
