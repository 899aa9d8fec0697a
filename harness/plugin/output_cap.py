"""A bound on what a test may print: pytest keeps all of it, and a loop that prints takes longer for that than for its work."""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any, TextIO

import pytest

from harness.plugin.session import Collected

MOST = 100_000
"""Characters that one test may print to each stream before the rest is dropped."""


class CappedStream:
    """Passes on the first `MOST` characters, and counts the rest."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.count = 0

    def write(self, text: str) -> int:
        """Write what there is room for."""
        room = MOST - self.count
        self.count += len(text)
        if room > 0:
            self._stream.write(text[:room])
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class OutputCap:
    """Bounds what each kata test prints."""

    def __init__(self, collected: Collected) -> None:
        self._collected = collected

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Stand between the test and pytest's capture, which has begun by now."""
        if self._collected.kata_of(item) is None or item.config.getoption("capture") == "no":
            return (yield)
        out, err = CappedStream(sys.stdout), CappedStream(sys.stderr)
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = out, err
        try:
            return (yield)
        finally:
            # A debugger ends pytest's capture and begins another one: then these streams are gone already.
            if (sys.stdout, sys.stderr) == (out, err):
                sys.stdout, sys.stderr = before
            dropped = [stream.count for stream in (out, err) if stream.count > MOST]
            if dropped:
                item.add_report_section("call", "output", f"it printed {_amount(sum(dropped))}; most of it is left out")


def _amount(characters: int) -> str:
    return f"{characters / 1e6:,.1f} MB" if characters >= 1e6 else f"{characters / 1e3:,.0f} kB"
