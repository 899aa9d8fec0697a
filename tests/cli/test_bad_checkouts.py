"""Folders, reports and moments that are not as they should be: one clear sentence each, and the rest goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkout import GOOD, Checkout, environment

SLOW = "import time\ndef double(x):\n    time.sleep(1.2)\n    return 2 * x\n"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder that knows what becomes of `GOOD`, so that it is not run for each test."""
    checkout = Checkout(tmp_path_factory.mktemp("good") / "checkout")
    checkout.add("a01_good", GOOD)
    assert checkout.kata("scoreboard").code == 0
    return checkout.state


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What plain pytest reports of `GOOD`."""
    checkout = Checkout(tmp_path_factory.mktemp("report") / "checkout")
    checkout.add("a01_good", GOOD)
    done = checkout.pytest("katas/a01_good", "--json-report", "--json-report-file=report.json")
    assert done.code == 0, done.text
    return (checkout.root / "report.json").read_bytes()


# --- kata folders ----------------------------------------------------------------------------------------------------


def break_folder(checkout: Checkout, how: str) -> None:
    folder = checkout.add("a02_bad", GOOD)
    toml = folder / "kata.toml"
    match how:
        case "no metadata":
            toml.unlink()
        case "bad TOML":
            toml.write_text('title = "unclosed\n')
        case "not UTF-8":
            toml.write_bytes(b'title = "caf\xe9"\n')
        case "missing key":
            toml.write_text('title = "x"\n')
        case "unknown key":
            toml.write_text(toml.read_text() + "colour = 1\n")
        case "wrong type":
            toml.write_text(toml.read_text().replace("minutes = 10", 'minutes = "ten"'))
        case "no time":
            toml.write_text(toml.read_text().replace("minutes = 10", "minutes = 0"))
        case "unknown set":
            folder.rename(folder.parent / "e01_bad")
        case "no kata name":
            folder.rename(folder.parent / "bad")
        case "duplicate id":
            folder.rename(folder.parent / "a01_zz")
        case "duplicate module":
            folder.rename(folder.parent / "b07_good")
        case "unknown requirement":
            toml.write_text(toml.read_text() + 'requires = ["a99_nothing"]\n')


FOLDERS = {
    "no metadata": "a02_bad has no kata.toml",
    "bad TOML": "a02_bad/kata.toml is not valid TOML",
    "not UTF-8": "a02_bad/kata.toml cannot be read",
    "missing key": "a02_bad/kata.toml is not complete: Object missing required field `minutes`",
    "unknown key": "a02_bad/kata.toml is not complete: Object contains unknown field `colour`",
    "wrong type": "a02_bad/kata.toml is not complete: Expected `int`, got `str` - at `$.minutes`",
    "no time": "minutes is 0, expected more than 0",
    "unknown set": "e01_bad is in set E, which does not exist (sets are A, B, C, D)",
    "no kata name": "bad is not a kata folder name: expected one like a01_mse",
    "duplicate id": "a01_zz has the same id as a01_good: A01",
    "duplicate module": "b07_good has the same module name as a01_good: good",
    "unknown requirement": "a02_bad requires a99_nothing, which is not a kata here",
}


@pytest.mark.parametrize("how", FOLDERS)
def test_a_folder_that_is_not_usable_is_named_and_the_others_are_shown(
    checkout: Checkout, state: Path, how: str
) -> None:
    checkout.add("a01_good", GOOD)
    break_folder(checkout, how)
    done = checkout.here("scoreboard", "a01", "--format", "json", env={"KATA_STATE": str(state)})
    assert done.code == 1, done.text
    board = json.loads(done.out)
    assert FOLDERS[how] in board["faults"][0]["sentence"]
    assert {row["slug"]: row["status"] for row in board["rows"]} == {"a01_good": "passed"}
    assert "Traceback" not in done.text


def test_pytest_on_a_folder_without_metadata_says_so(checkout: Checkout) -> None:
    break_folder(checkout, "no metadata")
    done = checkout.pytest("katas")
    assert done.code == 2, done.text
    assert "a02_bad has no kata.toml" in done.out


def test_a_kata_without_its_suite_is_broken_and_the_others_are_shown(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    (checkout.add("a02_bare", GOOD) / "test_bare.py").unlink()
    rows = {row["slug"]: row for row in json.loads(checkout.kata("scoreboard", "--format", "json").out)["rows"]}
    assert rows["a01_good"]["status"] == "passed"
    assert rows["a02_bare"]["status"] == "broken"
    assert rows["a02_bare"]["note"] == "a02_bare has no suite test_bare.py"


def test_outside_a_checkout_there_is_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness.cli.main", "scoreboard"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no katas/ folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_kata_is_met_with_the_nearest_names(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    done = checkout.here("scoreboard", "god")
    assert done.code == 2
    assert "no kata is called 'god'" in done.err
    assert "did you mean good" in done.err


# --- reports -----------------------------------------------------------------------------------------------------------


def good_report(checkout: Checkout, report: bytes) -> Path:
    checkout.add("a01_good", GOOD)
    file = checkout.root / "report.json"
    file.write_bytes(report)
    return file


def test_a_report_of_plain_pytest_is_tallied(checkout: Checkout, report: bytes) -> None:
    good_report(checkout, report)
    done = checkout.here("tally", "report.json", "--format", "json")
    assert done.code == 0, done.text
    assert json.loads(done.out)["passed"] == 1


def edit_report(path: Path, how: str) -> None:
    text = path.read_text()
    document = json.loads(text)
    match how:
        case "truncated":
            path.write_text(text[: len(text) // 2])
        case "empty":
            path.write_text("")
        case "other version":
            document["kata"]["format"] = 99
            path.write_text(json.dumps(document))
        case "unknown kata":
            document["kata"]["katas"]["a77_gone"] = document["kata"]["katas"].pop("a01_good")
            path.write_text(json.dumps(document))
        case "no kata block":
            del document["kata"]
            path.write_text(json.dumps(document))
        case "not a report":
            path.write_text('{"hello": 1}')
        case "a list":
            path.write_text("[1, 2]")
        case "not UTF-8":
            path.write_bytes(b'{"kata": "\xff"}')
        case "wrong types":
            document["tests"] = 3
            path.write_text(json.dumps(document))
        case "missing":
            path.unlink()


REPORTS = {
    "truncated": "is not valid JSON, perhaps cut short",
    "empty": "is empty",
    "other version": "is a report of format 99, this harness reads format 1",
    "unknown kata": "is a report of a77_gone, and there is no such kata in this checkout",
    "no kata block": "is a pytest report, but not of katas",
    "not a report": "is not a pytest-json-report file",
    "a list": "is not a pytest-json-report file",
    "not UTF-8": "is not",
    "wrong types": "is not a report of this harness",
    "missing": "cannot be read",
}


@pytest.mark.parametrize("how", REPORTS)
def test_what_is_no_report_is_refused_by_its_name(checkout: Checkout, report: bytes, how: str) -> None:
    edit_report(good_report(checkout, report), how)
    done = checkout.here("tally", "report.json")
    assert done.code == 2, done.text
    assert f"report.json {REPORTS[how]}" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("how", ["truncated", "empty", "other version", "not a report"])
def test_a_damaged_report_in_the_cache_is_made_again(checkout: Checkout, state: Path, how: str) -> None:
    checkout.add("a01_good", GOOD)
    shutil.copytree(state, checkout.state)
    edit_report(checkout.state / "reports" / "a01_good.json", how)
    done = checkout.here("scoreboard", "--format", "json")
    assert json.loads(done.out)["passed"] == 1


# --- moments -------------------------------------------------------------------------------------------------------------


def start(checkout: Checkout, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", *arguments],
        cwd=checkout.root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=sys.platform != "win32",
    )


def test_two_scoreboards_at_once_take_turns_and_agree(checkout: Checkout) -> None:
    for i in range(3):
        checkout.add(f"a0{i + 1}_slow{i}", SLOW)
    both = [start(checkout, "scoreboard", "--format", "json") for _ in range(2)]
    results = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], results
    boards = [json.loads(out) for out, _ in results]
    assert boards[0] == boards[1]
    assert boards[0]["passed"] == 3
    assert sum("another run is under way" in err for _, err in results) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a POSIX signal")
def test_ctrl_c_keeps_what_was_finished_and_leaves_no_process(checkout: Checkout) -> None:
    checkout.add("a01_quick", GOOD)
    for i in range(2, 6):
        checkout.add(f"a0{i}_slow{i}", "import time\ndef double(x):\n    time.sleep(1.9)\n    return 2 * x\n")
    process = start(checkout, "scoreboard", "--jobs", "1")
    finished = checkout.state / "reports" / "a01_quick.json"
    deadline = time.monotonic() + 60
    while not finished.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "interrupted; " in err
    assert "Traceback" not in err
    assert finished.exists()
    assert not list(checkout.state.glob("run-*"))
    done = checkout.kata("scoreboard", "a01", "--format", "json")
    assert json.loads(done.out)["passed"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no read-only mode on Windows")
def test_a_read_only_checkout_still_shows_its_scoreboard(checkout: Checkout) -> None:
    # Root may write everywhere, unless it gives up the right to.
    under = ("setpriv", "--bounding-set=-dac_override", "--") if os.geteuid() == 0 else ()
    if under and shutil.which("setpriv") is None:
        pytest.skip("running as root, and there is no setpriv to give up root's rights")
    checkout.add("a01_good", GOOD)
    folders = (checkout.root, checkout.root / "katas", checkout.root / "katas" / "a01_good")
    for folder in folders:
        folder.chmod(0o555)
    try:
        done = checkout.kata("scoreboard", "--format", "json", under=under)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert done.code == 0, done.text
    assert json.loads(done.out)["passed"] == 1
    assert "this checkout cannot be written to; results are kept in" in done.err


# --- output ----------------------------------------------------------------------------------------------------------------


def test_an_output_never_replaces_a_file_of_another_kind(checkout: Checkout) -> None:
    folder = checkout.add("a01_good", GOOD)
    done = checkout.kata("scoreboard", "--format", "html", "--output", "katas/a01_good/good.py")
    assert done.code == 2
    assert "is no .html or .htm file: it will not be overwritten" in done.err
    assert (folder / "good.py").read_text() == GOOD


def test_an_earlier_output_is_replaced(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    for _ in range(2):
        done = checkout.kata("scoreboard", "--format", "markdown", "--output", "board.md")
        assert done.code == 0, done.text
    assert (checkout.root / "board.md").read_text(encoding="utf-8").startswith("# Scoreboard")


def test_a_required_kata_that_is_not_passed_ends_with_code_1(checkout: Checkout) -> None:
    checkout.add("a01_good", GOOD)
    checkout.add("b01_todo")
    assert checkout.here("scoreboard").code == 0
    assert checkout.here("scoreboard", "--require", "A").code == 0
    done = checkout.here("scoreboard", "--require", "A,b1")
    assert done.code == 1
    assert "required, and not passed: b01_todo" in done.err
