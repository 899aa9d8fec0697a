"""`kata watch` as a command over a pipe: plain lines, bad input in a sentence, and a scoreboard that agrees."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.catalog.load import load_catalog
from harness.cli.watch import current_kata
from harness.core.errors import KataError
from harness.core.model import Kata, KataReport
from harness.history.store import History
from harness.watch.file_changes import watch_files

from checkout import GOOD, SUITE, Checkout, environment
from watching import PASSING, WRONG


def heard(checkout: Checkout, change: Callable[[], object]) -> bool:
    """Whether a change under `katas/` is heard of. Tried again and again: watching begins in a thread."""
    said = threading.Event()

    def changed(in_harness: bool) -> None:
        if not in_harness:
            said.set()

    with watch_files(checkout.root, changed):
        for _ in range(100):
            change()
            if said.wait(0.1):
                return True
    return False


def test_saves_by_writing_and_by_renaming_are_heard(checkout: Checkout) -> None:
    stub = checkout.add("a01_twice") / "twice.py"

    def rename() -> None:
        new = stub.with_name(".twice.py.swp")
        new.write_text(GOOD)
        new.replace(stub)

    assert heard(checkout, lambda: stub.write_text(GOOD))
    assert heard(checkout, rename)


class _InterviewCommands:
    """Has nothing to recommend, and knows which katas pass."""

    def __init__(self, *passed: str, running: str = "") -> None:
        self._passed = passed
        self._running = running

    def running(self) -> str:
        return self._running

    def next_kata(self, *_: object) -> tuple[Kata, str]:
        raise KataError("nothing")

    def reports(self) -> list[KataReport]:
        return [replace(PASSING, slug=slug) for slug in self._passed]


def test_the_kata_to_watch_is_the_last_one_touched_else_the_first_not_passed(checkout: Checkout) -> None:
    def current(*passed: str, running: str = "") -> str:
        records: Any = _InterviewCommands(*passed, running=running)
        return current_kata(load_catalog(checkout.root), records).slug

    for i, name in enumerate(("a01_one", "a02_two", "a03_three")):
        os.utime(checkout.add(name) / f"{name[4:]}.py", (i, i))
    assert current() == "a01_one"
    assert current("a01_one") == "a02_two"
    for name, changed in (("a01_one", 500), ("a02_two", 100)):
        stub = checkout.root / "katas" / name / f"{name[4:]}.py"
        stub.write_text(GOOD)
        os.utime(stub, (changed, changed))
    assert current() == "a01_one"
    assert current("a01_one") == "a02_two", "what passes as it is needs no more work"
    assert current(running="a03_three") == "a03_three"
    assert current("a01_one", "a02_two") == "a03_three"
    assert current("a01_one", "a02_two", "a03_three") == "a01_one"


PATIENCE_S = 180.0


@contextlib.contextmanager
def watching(checkout: Checkout, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`kata watch` with its output in a pipe."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", *arguments],
        cwd=checkout.root,
        env={**environment(), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    guard = threading.Timer(PATIENCE_S, process.kill)  # what does not come ends the output, and fails the test
    guard.start()
    try:
        yield process
    finally:
        guard.cancel()
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    read = ""
    for line in process.stdout or ():
        read += line
        if text in line:
            return read
    raise AssertionError(f"{text!r} did not come:\n{read}")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.parametrize(
    ("arguments", "number", "code"),
    [((), signal.SIGINT, 0), (("watch", "twice"), signal.SIGTERM, 128 + signal.SIGTERM)],
)
def test_over_a_pipe_it_writes_plain_lines_and_leaves_nothing_behind(
    checkout: Checkout, arguments: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    stub = checkout.add("a01_twice") / "twice.py"
    with watching(checkout, *arguments) as process:
        read_until(process, "empty stub")
        stub.write_text(WRONG)
        text = read_until(process, "mistake")
        assert "came      2" in text
        assert "\x1b" not in text
        second = checkout.kata("watch")
        assert second.code == 2
        assert "another `kata watch` is open in this checkout" in second.err
        stub.write_text(GOOD)
        read_until(process, "all 2 tests")
        read_until(process, "again")
        process.send_signal(number)
        assert process.wait(20) == code
    assert list(checkout.state.glob("watch-*/")) == []
    expect_scoreboard_agrees(checkout)


def expect_scoreboard_agrees(checkout: Checkout) -> None:
    """What the watch has recorded is what the scoreboard shows, without another run."""
    stored = checkout.state / "reports" / "a01_twice.json"
    before = stored.read_bytes(), stored.stat().st_mtime_ns
    board = json.loads(checkout.kata("scoreboard", "--format", "json").out)
    assert [row["status"] for row in board["rows"]] == ["passed"]
    assert (stored.read_bytes(), stored.stat().st_mtime_ns) == before
    history = History(checkout.state)
    try:
        assert [entry.data["trigger"] for entry in history.entries("run")] == ["watch", "watch"]
        assert [entry.data["first"] for entry in history.entries("pass")] == [True]
    finally:
        history.close()


def test_a_history_that_cannot_be_read_is_set_aside_and_named(checkout: Checkout) -> None:
    stub = checkout.add("a01_twice", WRONG) / "twice.py"
    checkout.state.mkdir()
    damaged = b"this is not a database" * 100
    (checkout.state / "history.sqlite3").write_bytes(damaged)
    with watching(checkout) as process:
        text = read_until(process, "a new one is begun")
        stub.write_text(GOOD)
        read_until(process, "all 2 tests")
        read_until(process, "a new one is begun")
    (aside,) = checkout.state.glob("history-unreadable-*.sqlite3")
    assert "in progress" in text
    assert aside.name in text.replace("\n", "")
    assert aside.read_bytes() == damaged


def test_a_kata_by_its_id_alone_is_told_the_command(checkout: Checkout) -> None:
    checkout.add("a01_twice")
    done = checkout.kata("a01")
    assert done.code == 2
    assert "kata watch a01" in done.err


def test_an_unknown_kata_is_a_sentence(checkout: Checkout) -> None:
    checkout.add("a01_twice", suite=SUITE)
    done = checkout.kata("watch", "twize")
    assert done.code == 2
    assert "did you mean twice" in done.err
