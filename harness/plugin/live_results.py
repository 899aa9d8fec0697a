"""The pytest plugin of `kata watch`: writes each result as it comes, one JSON line a test.

Quick tests come first: laws run after edges, because they take most of the time.

The lines are for the screen alone. The result of a run is its JSON report, which is checked.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from harness.core.model import Band, Failure, Outcome, TestResult
from harness.core.text import clean_text
from harness.plugin.stages import name_of, result_of

FILE = "live"
"""The file, beside that of the progress events."""
HOLD = "hold"
"""A pipe beside it: when it is there, this process waits for a byte in it before it looks at the learner's file."""
_PRINTED_LINES = 12
ORDER = (Band.EXAMPLE, Band.EDGE, Band.LAW, Band.SPEED)
"""In which bands run."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that has happened in a run."""

    name: str
    """The test."""
    band: Band
    outcome: Outcome | None = None
    """None while the test has only been collected."""
    duration_s: float = 0.0
    failure: Failure | None = None
    printed: str = ""
    """The end of what a failed test printed."""

    @property
    def result(self) -> TestResult:
        """The same as a report has it."""
        return TestResult(self.name, self.band, self.outcome or Outcome.NOT_RUN, self.duration_s, self.failure)


class LiveLines:
    """Reads what a child has written so far."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._decoder = msgspec.json.Decoder(Line)

    def new(self) -> list[Line]:
        """The lines since the last call; others are left out, because the subject may write to the file too."""
        try:
            with self._file.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        lines = []
        for line in whole.splitlines():
            try:
                lines.append(self._decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return lines


class _Writer:
    """Collects the three stages of each test, and writes a line when it is over."""

    def __init__(self, file: Path) -> None:
        self._hold = file.with_name(HOLD)
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._bands: dict[str, Band] = {}
        self._stages: list[pytest.TestReport] = []

    def _write(self, *lines: Line) -> None:
        os.write(self._file, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Wait until the run is released."""
        if self._hold.exists():
            wait_at(self._hold)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests in order."""
        items.sort(key=lambda item: ORDER.index(_band(item) or Band.SPEED))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write which tests there are."""
        self._bands = {item.nodeid: band for item in session.items if (band := _band(item)) is not None}
        self._write(*(Line(name_of(nodeid), band) for nodeid, band in self._bands.items()))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write how a test ended, once it is torn down."""
        self._stages.append(report)
        if report.when != "teardown":
            return
        stages, self._stages = self._stages, []
        if report.nodeid in self._bands:
            self._write(_line(stages, self._bands[report.nodeid]))

    def pytest_unconfigure(self) -> None:
        """Close the file."""
        os.close(self._file)


def wait_at(hold: Path) -> None:
    """Wait for a byte in the pipe; end this process when the pipe is closed at the other end."""
    pipe = os.open(hold, os.O_RDONLY | os.O_NONBLOCK)  # opening would otherwise wait for a writer, which may have ended
    try:
        byte = os.read(pipe, 1)
    except BlockingIOError:
        os.set_blocking(pipe, True)
        byte = os.read(pipe, 1)
    if not byte:
        os._exit(0)
    os.close(pipe)


def _band(item: pytest.Item) -> Band | None:
    return next((Band(mark.name) for mark in item.iter_markers() if mark.name in [*ORDER]), None)


def _line(stages: list[pytest.TestReport], band: Band) -> Line:
    result = result_of(stages, band)
    is_failed = result.outcome is Outcome.FAILED
    printed = "\n".join(stages[-1].capstdout.splitlines()[-_PRINTED_LINES:]) if is_failed else ""
    return Line(result.name, band, result.outcome, result.duration_s, result.failure, clean_text(printed))


def pytest_configure(config: pytest.Config) -> None:
    """Write beside the progress events, where the runner asks for these."""
    progress = config.getoption("--kata-progress")
    if progress:
        config.pluginmanager.register(_Writer(Path(progress).with_name(FILE)))
