"""Taking hints, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.catalog.statement import read_hints
from harness.core.errors import KataError
from harness.core.model import Kata, Status
from harness.history.attempt import attempt
from harness.history.store import History
from harness.practice.status import known_report


class NoHintError(KataError):
    """There is nothing to hint at, or nothing to hint with."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint."""

    number: int
    there: int
    """How many there are."""
    text: str
    """Markdown."""
    is_repeated: bool = False
    """It had been taken before, and there is no other."""


def next_hint(state: Path, kata: Kata, history: History, now: float) -> Hint:
    """The next hint, noted; after the last one the last one again.

    Raises `NoHintError` when the kata is finished or has no hints.
    """
    hints = _hints(kata)
    report = known_report(kata, state)
    if report is not None and report.status is Status.PASSED:
        raise NoHintError(
            f"{kata.slug} is passed: there is nothing left to hint at",
            hint=f"`kata diff {kata.id.lower()}` shows your code beside the reference",
        )
    with history.together():
        taken = attempt(history, kata.slug).hints
        number = min(taken + 1, len(hints))
        if taken < len(hints):
            history.add("hint", kata.slug, now, number=number)
    return Hint(number, len(hints), hints[number - 1], is_repeated=taken >= len(hints))


def taken_hints(kata: Kata, history: History) -> list[Hint]:
    """The hints of this attempt, none of them new."""
    hints = _hints(kata)
    taken = min(attempt(history, kata.slug).hints, len(hints))
    return [Hint(i + 1, len(hints), hints[i]) for i in range(taken)]


def _hints(kata: Kata) -> list[str]:
    hints = read_hints(kata)
    if not hints:
        raise NoHintError(f"{kata.slug} has no hints")
    return hints
