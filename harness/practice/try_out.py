"""Run a line of the learner's own on a solution, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from harness.core.model import Kata
from harness.runner.fork_client import ONE_THREAD

_MOST = 20_000
"""Characters of an answer that are shown."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a line gave."""

    text: str
    """What it printed, then the value, or the traceback with the lines of the solution."""
    is_answer: bool
    """Whether it ran to its end."""


def try_out(kata: Kata, file: Path, code: str) -> Tried:
    """Run `code` with the names of the solution in `file`, `np`, and the kata's helper modules.

    Where the last statement is an expression, its value is shown as the Python prompt shows it. It may take as long as a test of
    the kata.
    """
    child = files("harness.practice").joinpath("templates/try_out.py.txt").read_text(encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", child, str(file), kata.module, str(kata.folder)],
            cwd=kata.root,
            env={**os.environ, **ONE_THREAD, "PYTHONUTF8": "1"},
            input=code,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=kata.hang_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Tried(f"no answer: still running after {kata.hang_limit_s:g} s", is_answer=False)
    text = f"{done.stdout}{done.stderr}".strip("\n")
    if len(text) > _MOST:
        text = f"{text[:_MOST]}\n... {len(text) - _MOST:,} characters more"
    if done.returncode < 0:
        text += f"\nthe process was ended by signal {-done.returncode}"
    return Tried(text.strip("\n"), is_answer=done.returncode == 0)
