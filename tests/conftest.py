"""Fixtures that the harness's own tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from checkout import Checkout

pytest_plugins = ["pytester"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """An empty checkout."""
    return Checkout(tmp_path / "checkout")
