"""Fixtures that the harness's own tests share."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.runner import pool

from checkout import Checkout
from people import Person
from warm import WarmRuns

pytest_plugins = ["pytester"]

# What is started in the background of a shell, or by nohup, ignores Ctrl-C, and so does all that it starts: the programs
# that are tested here are started as a terminal starts them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """An empty checkout."""
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def person(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    """Somebody who types commands in a checkout with one kata."""
    return Person(checkout, monkeypatch, capsys)


@pytest.fixture(scope="session")
def _warm_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmRuns]:
    runs = WarmRuns(tmp_path_factory.mktemp("warm"))
    yield runs
    runs.end()


@pytest.fixture
def one_fork_server(_warm_runs: WarmRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what runs suites in this process share a fork server with other tests."""
    if sys.platform == "linux":
        monkeypatch.setattr(pool, "open_fork_server", _warm_runs)
