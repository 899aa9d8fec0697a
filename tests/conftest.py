"""Fixtures that the harness's own tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkout import Checkout
from people import Person

pytest_plugins = ["pytester"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """An empty checkout."""
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def person(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Person:
    """Somebody who types commands in a checkout with one kata."""
    return Person(checkout, monkeypatch, capsys)
