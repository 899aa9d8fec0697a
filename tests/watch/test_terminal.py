"""`kata watch` in a real terminal, as a person has it: keys, saves, a window that changes its size, an end that restores."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkout import GOOD, Checkout, environment

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here")

WRONG = "def double(x):\n    return x\n"
PATIENT = """
import pytest
import {module} as kata

@pytest.mark.example
@pytest.mark.timeout(300)
def test_two_is_four():
    kata.double(2)
"""
"""A suite that lets code hang for as long as a test needs."""
PATIENCE_S = 60.0


class Terminal:
    """A terminal of 80 columns with a shell in it."""

    def __init__(self, folder: Path) -> None:
        self._server = f"kata-{uuid.uuid4().hex[:12]}"
        env = {**environment(), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        env |= {"COLUMNS": "80", "LINES": "24"}  # exported by somebody once, and wrong as soon as the window is resized
        options = ["-x", "80", "-y", "24", "-c", str(folder), "sh"]
        subprocess.run(
            ["tmux", "-L", self._server, "-f", os.devnull, "new-session", "-d", *options], env=env, check=True
        )

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._server, *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout

    def type(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def run(self, *command: str) -> None:
        """Type a command, and Enter."""
        self._tmux("send-keys", "-l", shlex.join(command))
        self._tmux("send-keys", "Enter")

    def resize(self, width: int, height: int) -> None:
        """Make the window smaller or larger."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p")

    def expect(self, *texts: str, without: str = "") -> str:
        """Wait until all of these are on the screen together, and `without` is not."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            screen = self.text
            if all(text in screen for text in texts) and not (without and without in screen):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{texts} did not come up; on the screen is\n{self.text}")

    def close(self) -> None:
        """End the shell and all in it."""
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def terminal(checkout: Checkout) -> Iterator[Terminal]:
    checkout.add("a02_thrice")
    opened = Terminal(checkout.root)
    try:
        yield opened
    finally:
        opened.close()


def watch(terminal: Terminal, *arguments: str) -> None:
    """`kata watch` with arguments, `kata` alone without."""
    terminal.run(sys.executable, "-m", "harness.cli.main", *(("watch", *arguments) if arguments else ()))


def expect_restored(terminal: Terminal) -> None:
    """The shell is back, with echo, and lines are lines again."""
    terminal.run("stty", "-a")
    terminal.expect("isig icanon ", " echo ", "susp = ^Z")


def test_an_evening_at_the_terminal(checkout: Checkout, terminal: Terminal) -> None:
    folder = checkout.add("a01_twice")
    (folder / "README.md").write_text("# Doubling\n\n" + "\n\n".join(f"Paragraph {i}." for i in range(40)))
    stub = folder / "twice.py"
    watch(terminal, "a01")
    terminal.expect("A01 The kata twice", "empty stub", "q quit")

    stub.write_text(WRONG)  # a wrong answer: what was asked, what came, the mistake by its name
    terminal.expect("in progress", "test_two_is_four", "came      2", "expected  4", "not doubled: return 2 * x")

    new = folder / "twice.py.new"  # an editor that saves by renaming
    new.write_text("def double(x:\n")
    new.replace(stub)
    terminal.expect("broken", "twice.py is not valid Python in line 1")

    terminal.type("o")
    terminal.expect("Doubling", "Paragraph 1.", "space on", without="Paragraph 39.")
    for _ in range(6):
        terminal.type("Space")
    terminal.expect("Paragraph 39.", without="Paragraph 1.")
    terminal.type("q", "?")
    terminal.expect("one hint more", "next kata")
    terminal.type("q")
    terminal.expect("broken", without="one hint more")

    terminal.resize(60, 16)
    screen = terminal.expect("broken", "h hint", "q quit")
    assert len(screen.rstrip("\n").split("\n")) <= 16
    terminal.resize(80, 24)

    stub.unlink()
    terminal.expect("twice.py is not there any more")
    stub.write_text(WRONG)
    terminal.expect("test_two_is_four")

    stub.write_text(GOOD)
    terminal.expect("passed", "all 2 tests of The kata twice", "k next kata")
    terminal.type("h")
    terminal.expect("nothing left to hint at")
    terminal.type("q")
    terminal.expect("a01_twice: passed, 2 of 2 tests pass")
    expect_restored(terminal)
    assert list(checkout.state.glob("watch-*/")) == []


@pytest.mark.parametrize("key", ["C-c", "q"])
def test_an_end_in_the_middle_of_a_hang_restores_the_terminal(checkout: Checkout, terminal: Terminal, key: str) -> None:
    began = checkout.root / "began"
    source = f"def double(x):\n    open({str(began)!r}, 'w').close()\n    while True: pass\n"
    checkout.add("a01_twice", source, suite=PATIENT)
    terminal.run("echo", "before")
    watch(terminal)
    terminal.expect("A01 The kata twice", "running", "test_two_is_four")
    deadline = time.monotonic() + PATIENCE_S
    while not began.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    terminal.type(key)
    terminal.expect("before", "a01_twice: left")
    expect_restored(terminal)
    assert list(checkout.state.glob("watch-*/")) == []


def test_the_second_one_refuses(checkout: Checkout, terminal: Terminal) -> None:
    checkout.add("a01_twice")
    watch(terminal)
    terminal.expect("q quit")
    other = Terminal(checkout.root)
    try:
        watch(other)
        other.expect("another `kata watch` is open in this checkout")
    finally:
        other.close()
