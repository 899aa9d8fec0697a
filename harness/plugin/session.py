"""What one pytest session knows of kata suites: which were collected, which tests have failed, where the run is."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

import pytest

from harness.core.model import FOLLOW_UP_SUITE, Band, Kata, Suite
from harness.plugin.options import Settings
from harness.subject.finder import SubjectFinder
from harness.subject.resolve import Subject

if TYPE_CHECKING:
    from harness.isolation.sessions import SubjectProcesses
    from harness.plugin.hangs import Watchdog

BANDS = tuple(band.value for band in Band)
_GATE_POLL_S = 0.01


class SuiteKey(NamedTuple):
    """One suite of one kata."""

    slug: str
    suite: Suite

    def __str__(self) -> str:
        return self.suite.label(self.slug)

    @property
    def order(self) -> tuple[str, bool]:
        """Sorts by kata, with a follow-up after the kata's own suite."""
        return self.slug, self.suite is Suite.FOLLOW_UP


def kata_folder(path: Path) -> Path | None:
    """The kata folder that a suite lies in, None when `path` is not a kata suite."""
    folder = path.parent
    inside = folder.parent.name == "katas" or (folder / "kata.toml").is_file()
    return folder if inside and path.name.startswith("test_") else None


def suite_of(path: Path) -> SuiteKey:
    """The suite that a test file belongs to."""
    return SuiteKey(path.parent.name, Suite.FOLLOW_UP if path.name == FOLLOW_UP_SUITE else Suite.OWN)


def band_of(item: pytest.Item) -> str:
    """The band of a kata test that was collected, so that it has one."""
    return next(mark.name for mark in item.iter_markers() if mark.name in BANDS)


@dataclass(slots=True)
class Collected:
    """The suites of a session."""

    katas: dict[Path, Kata] = field(default_factory=dict)
    """By folder."""
    subjects: dict[SuiteKey, Subject] = field(default_factory=dict)
    expected: dict[SuiteKey, dict[str, str]] = field(default_factory=dict)
    """Test id -> band, of all that was collected, deselected tests included."""
    whole: dict[SuiteKey, dict[str, str]] = field(default_factory=dict)
    """The same of all that the suite has, though the command line may name a few tests of it."""
    deselected: dict[SuiteKey, list[str]] = field(default_factory=dict)
    """Ids that `-m`, `-k` or the like took away."""
    problems: dict[SuiteKey, str] = field(default_factory=dict)
    """Why suites could not be collected, or do not count."""

    def kata_of(self, item: pytest.Item) -> Kata | None:
        """The kata that a test belongs to, None for a test of something else."""
        return self.katas.get(item.path.parent)


@dataclass(slots=True)
class Findings:
    """What the tests that were run have shown."""

    failed: set[SuiteKey] = field(default_factory=set)
    """The suites of which a test has failed."""
    ended: dict[str, str] = field(default_factory=dict)
    """Slug -> why no more of this kata's tests are run: one has hung, or has lost the subject's process."""


class Progress:
    """Tells the runner, if there is one, where this process is."""

    def __init__(self, file: Path | None) -> None:
        self._file: TextIO | None = None
        if file is not None:
            self.open(file)

    def open(self, file: Path) -> None:
        """Append to `file` from now on."""
        self.close()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")

    @property
    def has_reader(self) -> bool:
        """Whether a runner has started this process."""
        return self._file is not None

    def note(self, event: str, what: str) -> None:
        """Append one line: `event` is `collect`, `test` or `gate`."""
        if self._file is not None:
            self._file.write(f"{event} {what}\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(slots=True)
class Gate:
    """Where the speed band waits until no other run is on this machine, so that its figures are not disturbed."""

    file: Path | None
    """The runner makes this file to let the session go on. None once the gate is open, or when there is none."""

    @property
    def is_closed(self) -> bool:
        """Whether the speed band still has to wait."""
        return self.file is not None

    def wait(self, progress: Progress) -> None:
        """Wait until the gate is open, if it is closed."""
        if self.file is None:
            return
        progress.note("gate", "speed")
        while not self.file.exists():
            time.sleep(_GATE_POLL_S)
        self.file = None


@dataclass(slots=True)
class Session:
    """The parts of a session; each plugin object is given those that it needs."""

    settings: Settings
    finder: SubjectFinder
    progress: Progress
    gate: Gate
    watchdog: Watchdog
    players: SubjectProcesses | None = None
    """The processes that subjects run in, when they do not run in this one."""
    collected: Collected = field(default_factory=Collected)
    findings: Findings = field(default_factory=Findings)


SESSION = pytest.StashKey[Session]()
"""On pytest's config."""
