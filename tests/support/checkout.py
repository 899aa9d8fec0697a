"""A small checkout with katas made to measure, and the commands of a person in it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from harness.catalog.load import stub_hash
from harness.cli.main import main
from harness.core.model import KataReport, Suite
from harness.core.report import read

ROOT = Path(__file__).parents[2]

GOOD = "def double(x):\n    return 2 * x\n"
STUB = "def double(x):\n    raise NotImplementedError\n"
SUITE = """
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.check import call

@pytest.mark.example
def test_two_is_four():
    check.equal(kata.double(2), 4, asked=call("double", 2), mistakes={{"not doubled: return 2 * x": 2}})

@pytest.mark.edge
def test_zero_stays_zero():
    check.equal(kata.double(0), 0, asked=call("double", 0))
"""
FOLLOW_UP = """
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.check import call

@pytest.mark.example
def test_two_doubled_twice_is_eight():
    mistakes = {{"doubled once, whatever `times` is: 2**times * x": 4}}
    check.equal(kata.double(2, times=2), 8, asked=call("double", 2, times=2), mistakes=mistakes, hint="2**times * x")

@pytest.mark.edge
def test_once_is_what_it_was():
    check.equal(kata.double(3), 6, asked=call("double", 3), hint="the default of `times` is 1")
"""
GOOD_FOLLOW_UP = "def double(x, times=1):\n    return 2**times * x\n"


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, for messages of failing tests."""
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class Checkout:
    """A checkout of its own, with as many katas as a test needs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "katas").mkdir(parents=True)
        self.state = root / ".kata"

    def add(
        self, slug: str, source: str | bytes = STUB, *, suite: str = SUITE, toml: str = "", stub: str = STUB
    ) -> Path:
        """Write a kata whose learner has written `source`; returns its folder."""
        folder = self.root / "katas" / slug
        module = slug.partition("_")[2]
        folder.mkdir()
        metadata = f'title = "The kata {module}"\nminutes = 10\ntopics = ["test"]\nhang_limit_s = 2\n'
        metadata += f'stub_sha256 = "{stub_hash(stub.encode())}"\n{toml}'
        (folder / ".stub").write_text(stub, encoding="utf-8")
        (folder / "kata.toml").write_text(metadata, encoding="utf-8")
        (folder / f"test_{module}.py").write_text(textwrap.dedent(suite).format(module=module), encoding="utf-8")
        data = source if isinstance(source, bytes) else source.encode()
        (folder / f"{module}.py").write_bytes(data)
        return folder

    def add_follow_up(self, slug: str, suite: str = FOLLOW_UP) -> Path:
        """Give a kata a follow-up, which asks for `double(x, times=1)`; returns its suite."""
        folder = self.root / "katas" / slug
        (folder / "follow_up.md").write_text(
            "# A01 · Follow-up: again and again\n\n## Rules\n\n## Example\n", encoding="utf-8"
        )
        file = folder / "test_follow_up.py"
        file.write_text(textwrap.dedent(suite).format(module=slug.partition("_")[2]), encoding="utf-8")
        return file

    def kata(self, *arguments: str, env: dict[str, str] | None = None, under: tuple[str, ...] = ()) -> Done:
        """Run the `kata` command in the checkout, under another command if need be."""
        done = subprocess.run(
            [*under, sys.executable, "-m", "harness.cli.main", *arguments],
            cwd=self.root,
            env={**environment(), **(env or {})},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def here(self, *arguments: str, env: dict[str, str] | None = None) -> Done:
        """Run the `kata` command in the checkout, in this process: for what a process of its own adds nothing to."""
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
        code: Any = 0
        with (
            contextlib.chdir(self.root),
            mock.patch.dict(os.environ, {**environment(), **(env or {})}, clear=True),
            mock.patch.object(sys, "argv", ["kata", *arguments]),
            mock.patch.object(sys, "stdin", io.StringIO()),
            contextlib.redirect_stdout(streams[0]),
            contextlib.redirect_stderr(streams[1]),
        ):
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
        out, err = (stream.buffer.getvalue().decode() for stream in streams)
        return Done(int(code), out, err)

    def pytest(self, *arguments: str, **variables: str) -> Done:
        """Run plain pytest in the checkout, as a learner does, with these environment variables."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=self.root,
            env=environment() | variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def reports(self, *arguments: str) -> tuple[Done, dict[Suite, KataReport]]:
        """Run plain pytest in the checkout; how it ended, and its reports of one kata's suites."""
        done = self.pytest(*arguments, "--json-report", "--json-report-file=report.json")
        return done, {report.suite: report for report in read(self.root / "report.json")}


def environment() -> dict[str, str]:
    """The environment of a person's shell: nothing of the surrounding pytest in it.

    What is started keeps its bytecode, or each pytest would take three times as long.
    """
    left_out = ("PYTEST_", "KATA_", "PYTHONDONTWRITEBYTECODE")
    env = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    return {**env, "PYTHONUTF8": "1", "CI": "", "NO_COLOR": "1", "COLUMNS": "100"}
