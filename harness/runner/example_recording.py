"""Decks of examples for suites that are run many times under one seed: drawn beside the runs, and there for later ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.runner.job import Job
from harness.runner.processes import Process

Key = tuple[Path, str, int]


@dataclass(slots=True)
class _Drawn:
    file: Path
    asked: int = 0
    process: Process | None = None


class Decks:
    """Has the deck of each suite and seed drawn when it is asked for once more. May be asked by several threads."""

    def __init__(self, folder: Path, draw: Callable[[Job, Path], Process]) -> None:
        """`draw` starts a process that draws the deck of a job into a file, which appears when it is whole."""
        self._folder = folder
        self._draw = draw
        self._lock = threading.Lock()
        self._decks: dict[Key, _Drawn] = {}

    def find(self, job: Job) -> Path | None:
        """The deck for `job`, None when there is none (yet)."""
        if job.seed is None:
            return None
        with self._lock:
            key = (job.suite, job.profile, job.seed)
            deck = self._decks.setdefault(key, _Drawn(self._folder / f"deck-{len(self._decks)}"))
            deck.asked += 1
            if deck.asked == 2:  # what is run once needs none
                deck.process = self._draw(job, deck.file)
            return deck.file if deck.file.exists() else None

    def processes(self) -> list[Process]:
        """What was started."""
        with self._lock:
            return [deck.process for deck in self._decks.values() if deck.process is not None]
