"""Fixtures that the harness's own tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from checkout import Checkout
from people import Person

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
