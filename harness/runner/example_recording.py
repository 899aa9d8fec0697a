"""Recordings of examples for suites that are run many times under one seed: made beside the runs, and used by later ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.runner.fork_client import Process
from harness.runner.job import Job

Key = tuple[Path, str, int]


@dataclass(slots=True)
class _Recording:
    file: Path
    asked: int = 0
    process: Process | None = None


class ExampleRecordings:
    """Has the examples of each suite and seed recorded when they are asked for a second time. May be used by several threads."""

    def __init__(self, folder: Path, record: Callable[[Job, Path], Process]) -> None:
        """`record` starts a process that records the examples of a job into a file, which appears when it is complete."""
        self._folder = folder
        self._record = record
        self._lock = threading.Lock()
        self._recordings: dict[Key, _Recording] = {}

    def find(self, job: Job) -> Path | None:
        """The examples for `job`, None when there are none (yet)."""
        if job.seed is None:
            return None
        with self._lock:
            key = (job.suite_file, job.profile, job.seed)
            file = self._folder / f"examples-{len(self._recordings)}"
            recording = self._recordings.setdefault(key, _Recording(file))
            recording.asked += 1
            if recording.asked == 2:  # a suite that is run once needs none
                recording.process = self._record(job, recording.file)
            return recording.file if recording.file.exists() else None

    def processes(self) -> list[Process]:
        """The processes that were started."""
        with self._lock:
            return [each.process for each in self._recordings.values() if each.process is not None]
