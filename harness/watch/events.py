"""What a watch is put together from: the things that happen to it, and what it asks of runs and of files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from harness.core.model import Kata, KataReport, TestResult
from harness.practice.hints import Hint
from harness.watch.kata_list import KataList
from harness.watch.view import Clock, Page, PassSummary


class Kind(StrEnum):
    """What can happen."""

    SAVED = "saved"
    KEY = "key"
    HARNESS = "harness"
    """A file of the harness itself was saved."""
    RESIZED = "resized"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened."""

    kind: Kind
    key: str = ""


class Running(Protocol):
    """A run under way, as `harness.watch.warm_runs.Run`."""

    report: KataReport | None
    printed: dict[str, str]

    @property
    def running_test(self) -> str:
        """What is being run."""

    def results(self) -> tuple[TestResult, ...]:
        """What is known so far."""

    def poll(self) -> bool:
        """Whether there is anything new."""

    def cancel(self) -> None:
        """End it without a report."""


class Runner(Protocol):
    """What starts runs, as `harness.watch.warm_runs.WarmParent`."""

    def begin(self, *, all_bands: bool = False) -> Running:
        """Start a run of the kata."""

    def begin_follow_up(self) -> Running:
        """Start a run of the kata's follow-up."""

    def learn(self, report: KataReport) -> None:
        """Get ready for the next one."""

    def restart(self, kata: Kata) -> None:
        """Begin anew for this kata."""


class Files(Protocol):
    """What a watch asks about files and history, as `harness.watch.records.LearnerRecords`."""

    def reload(self, kata: Kata) -> Kata:
        """The kata as its `kata.toml` is now."""

    def next_kata(self, current: Kata | None, now: float) -> tuple[Kata, str]:
        """Another kata, and why."""

    def clock(self, kata: Kata, now: float) -> Clock | None:
        """The interview clock."""

    def toggle_clock(self, kata: Kata, now: float) -> str:
        """Start or stop it."""

    def record(self, kata: Kata, report: KataReport, source: bytes, now: float) -> PassSummary | None:
        """Note a run."""

    def record_follow_up(self, kata: Kata, report: KataReport, source: bytes, now: float) -> None:
        """Note a run of the follow-up."""

    def hint(self, kata: Kata, now: float) -> Hint:
        """One hint more."""

    def is_free(self, kata: Kata) -> bool:
        """Whether the reference is free to see."""

    def statement(self, kata: Kata) -> Page:
        """What the kata asks."""

    def reveal(self, kata: Kata, now: float, *, given_up: bool) -> Page:
        """The reference."""

    def board(self, current: Kata, now: float) -> KataList:
        """All katas to select from, the current one chosen."""
