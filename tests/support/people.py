"""A person at the command line, in this process: what they type, what comes back, and what their history says."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from harness.catalog.load import find_kata, load_catalog
from harness.cli.main import main
from harness.core.model import Kata, KataReport
from harness.core.report import dump
from harness.core.state import write_atomically
from harness.history.store import History
from harness.runner.job import digest, learner_job
from harness.subject.resolve import LEARNER

from boards import make_report
from checkout import GOOD, Checkout, Done

HINTS = "# Hints\n\n1. Look.\n2. Look\n   again.\n3. Add `x` to itself.\n"
REFERENCE = '"""The reference."""\n\n\ndef double(x):\n    return x + x\n'
DEBRIEF = "# Debrief\n\n## Follow-up questions\n\n1. Why?\n\n   Because.\n"


class Person:
    """Types `kata ...` in a checkout with one kata, `a01_twice`, and more where a test adds them."""

    def __init__(self, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.checkout = checkout
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = self.add("a01_twice")
        for name in ("KATA_ROOT", "KATA_STATE", "CI"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.chdir(checkout.root)

    def add(self, slug: str, **extra: str) -> Any:
        """A kata with statement, hints, reference and debrief."""
        folder = self.checkout.add(slug, **extra)
        (folder / "README.md").write_text(f"# {slug}\n\nDouble *it*, with `double`.\n")
        (folder / "hints.md").write_text(HINTS)
        solution = self.checkout.root / "solutions" / slug
        solution.mkdir(parents=True)
        (solution / f"{slug.partition('_')[2]}.py").write_text(REFERENCE)
        (solution / "debrief.md").write_text(DEBRIEF)
        return folder

    @property
    def stub(self) -> Any:
        """Their file."""
        return self.folder / "twice.py"

    def kata_named(self, name: str = "a1") -> Kata:
        """The kata as the catalogue has it now."""
        return find_kata(load_catalog(self.checkout.root), name)

    def types(self, *arguments: str, answer: str = "") -> Done:
        """Run a command, with this on its standard input."""
        self._monkeypatch.setattr(sys, "argv", ["kata", *arguments])
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        self._capsys.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        told = self._capsys.readouterr()
        return Done(int(code), told.out, told.err)

    def has_run(self, source: str = GOOD, outcomes: str = "PP") -> KataReport:
        """Write code, and have the cache know what comes of it, as if it had been run elsewhere."""
        self.stub.write_text(source)
        self.checkout.state.mkdir(exist_ok=True)
        job = learner_job(self.kata_named(), LEARNER, "practice")
        report = replace(
            make_report("a01_twice", outcomes, created=time.time()), digest=digest(job, job.kata.stub.read_bytes())
        )
        write_atomically(self.checkout.state / job.store, dump(report))
        return report

    @contextmanager
    def history(self) -> Iterator[History]:
        """Their history, to look at or to change."""
        self.checkout.state.mkdir(exist_ok=True)
        history = History(self.checkout.state)
        yield history
        history.close()

    def happened(self, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        """What their history has of these kinds."""
        with self.history() as history:
            return [(entry.kind, dict(entry.data)) for entry in history.entries(*kinds)]
