"""Attempts, read off the history. An attempt begins at an empty stub and ends with the pass; a reset begins another one.

Code that is brought back from before the last pass is a version of what has passed: whatever it comes to is no review.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.history.store import Entry, History


@dataclass(frozen=True, slots=True)
class Attempt:
    """How the learner stands with one kata."""

    runs: int = 0
    hints: int = 0
    """Hints taken in this attempt."""
    has_given_up: bool = False
    """The reference was seen in this attempt, before it passed."""
    is_over: bool = False
    """It has passed; what passes from now on is the same code or a later version of it."""
    has_passed: bool = False
    """In this attempt or an earlier one."""
    begun: float | None = None
    """When the stub was last put back, None when it never was."""
    last_run: float | None = None
    """When the suite last ran, in whichever attempt."""
    runs_status: str = ""
    """What came of the last run of this attempt."""
    unfinished: frozenset[str] = frozenset()
    """Names of kept code that was written from an empty stub since the last pass, and has not passed."""

    @property
    def is_open_again(self) -> bool:
        """It was passed, and begun once more from an empty stub."""
        return self.has_passed and not self.is_over


def attempt(history: History, slug: str) -> Attempt:
    """The present attempt at a kata."""
    return _attempts(history.entries(slug=slug)).get(slug, Attempt())


def attempts(history: History) -> dict[str, Attempt]:
    """The present attempts at all katas that anything is known of, by slug."""
    return _attempts(history.entries())


def _attempts(entries: Iterable[Entry]) -> dict[str, Attempt]:
    found: dict[str, Attempt] = {}
    for entry in entries:
        if entry.slug:
            found[entry.slug] = after(found.get(entry.slug, Attempt()), entry)
    return found


def after(before: Attempt, entry: Entry) -> Attempt:
    """The attempt once `entry` has happened."""
    match entry.kind:
        case "run" if entry.data.get("trigger") == "interview":
            return before  # it was of another file
        case "run":
            status = str(entry.data.get("status", ""))
            return replace(before, runs=before.runs + 1, last_run=entry.at, runs_status=status)
        case "hint":
            return replace(before, hints=before.hints + 1)
        case "reveal":
            return replace(before, has_given_up=before.has_given_up or bool(entry.data.get("given_up")))
        case "pass":
            return replace(before, is_over=True, has_passed=True, unfinished=frozenset())
        case "reset":
            unfinished = _with_kept(before, entry.data.get("kept"))
            passed, last_run = before.has_passed, before.last_run
            return Attempt(has_passed=passed, begun=entry.at, last_run=last_run, unfinished=unfinished)
        case "restore":
            unfinished = _with_kept(before, entry.data.get("left"))
            is_old = before.has_passed and entry.data.get("kept") not in before.unfinished
            is_over = before.is_over or bool(entry.data.get("passed")) or is_old
            return replace(before, is_over=is_over, unfinished=unfinished)
        case _:
            return before


def _with_kept(attempt: Attempt, name: object) -> frozenset[str]:
    """The unfinished code, with what was kept under this name unless it is a later version of code that has passed."""
    is_unfinished = isinstance(name, str) and name != "" and not attempt.is_over
    return attempt.unfinished | {str(name)} if is_unfinished else attempt.unfinished
