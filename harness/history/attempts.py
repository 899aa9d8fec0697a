"""From entries of a history to attempts: what lies between an empty stub and its pass or reset.

An attempt begins with the first run, hint or reveal on an empty stub. It ends with its pass, or is dropped by a reset. What is
run on code that has passed belongs to no attempt, unless another pass is noted for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core.text import clean_text
from harness.history import attempt as present
from harness.history.store import ClockPass, Entry

KINDS = ("run", "pass", "hint", "reveal", "reset", "restore", "follow_up", "card", "interview", "answer", "quiz")
"""What this version writes into a history."""
_SAME_S = 1.0
"""Two notes of one pass differ by less."""


@dataclass(frozen=True, slots=True)
class Green:
    """A pass."""

    at: float
    spent_s: float | None
    """Seconds on the interview clock, None when it did not run."""
    runs: int | None
    """Runs that it took, None when they were not counted."""
    hints: int
    given_up: bool
    """Whether the reference was revealed before, in the same attempt."""
    review: bool
    """Whether the kata had been passed before."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a kata; open when it has no `green` and is not dropped."""

    green: Green | None
    dropped: bool = False
    given_up: bool = False


@dataclass(slots=True)
class _Course:
    """Where the entries of one kata have led so far."""

    done: list[Attempt] = field(default_factory=list)
    is_fresh: bool = True
    """Whether the stub is empty, or what was made of it has not passed."""
    runs: int = 0
    hints: int = 0
    revealed: bool = False
    stands: present.Attempt = field(default_factory=present.Attempt)
    """What the practice commands take this kata for."""

    def take(self, entry: Entry) -> None:
        self.stands = present.after(self.stands, entry)
        match entry.kind:
            case "run" if entry.data.get("trigger") != "interview":  # that is another file
                self.runs += 1
            case "hint":
                self.hints += 1
            case "reveal":
                self.revealed = self.revealed or entry.data.get("given_up") is True
            case "reset":
                self._drop(is_fresh=True)
            case "restore" if entry.data.get("passed") is True or (self.is_fresh and self.stands.is_over):
                self._drop(is_fresh=False)  # what was brought back has had its pass, or is a version of what had it
            case "pass":
                green = self._green(entry.at, entry.data)
                self.done.append(Attempt(green, given_up=green.given_up))
                self._begin(is_fresh=False)

    @property
    def is_begun(self) -> bool:
        return bool(self.runs or self.hints or self.revealed)

    def end(self) -> list[Attempt]:
        if self.is_fresh and self.is_begun:
            self.done.append(Attempt(None, given_up=self.revealed))
        return self.done

    def _drop(self, *, is_fresh: bool) -> None:
        if self.is_fresh and self.is_begun:
            self.done.append(Attempt(None, dropped=True, given_up=self.revealed))
        self._begin(is_fresh=is_fresh)

    def _begin(self, *, is_fresh: bool) -> None:
        self.is_fresh, self.runs, self.hints, self.revealed = is_fresh, 0, 0, False

    def _green(self, at: float, data: Mapping[str, Any]) -> Green:
        hints, review = count(data.get("hints")), data.get("review")
        return Green(
            at=at,
            spent_s=number(data.get("spent_s")),
            runs=count(data.get("runs")) or self.runs or None,
            hints=self.hints if hints is None else hints,
            given_up=self.revealed or data.get("given_up") is True,
            review=review if isinstance(review, bool) else any(attempt.green for attempt in self.done),
        )


def attempts_of(entries: Iterable[Entry], clock_passes: Iterable[ClockPass]) -> dict[str, list[Attempt]]:
    """Attempts by slug, from entries in the order in which they were written.

    `clock_passes` are those that the interview clock has kept. The ones that no entry tells of are attempts, too: there
    were histories before there were entries.
    """
    courses: dict[str, _Course] = {}
    for entry in entries:
        if entry.slug:
            courses.setdefault(entry.slug, _Course()).take(entry)
    told = {
        slug: [attempt.green for attempt in course.done if attempt.green is not None]
        for slug, course in courses.items()
    }
    untold: dict[str, list[Attempt]] = {}
    for found in clock_passes:
        greens = told.get(found.slug, [])
        twin = next((i for i, green in enumerate(greens) if _same(green, found)), None)
        if twin is not None:
            del greens[twin]
            continue
        earlier = untold.setdefault(found.slug, [])
        earlier.append(Attempt(Green(found.at, found.spent_s, None, 0, given_up=False, review=bool(earlier))))
    by_slug = {slug: course.end() for slug, course in courses.items()}
    for slug, more in untold.items():
        by_slug[slug] = [*more, *by_slug.get(slug, [])]
    return {slug: attempts for slug, attempts in by_slug.items() if attempts}


def _same(green: Green, found: ClockPass) -> bool:
    """Whether an entry and the clock tell of the same pass."""
    times: Sequence[tuple[float | None, float]] = ((green.spent_s, found.spent_s), (green.at, found.at))
    return any(told is not None and abs(told - kept) < _SAME_S for told, kept in times)


# --- values that another version may have written otherwise -----------------------------------------------------------


def number(value: object) -> float | None:
    """`value` when it is a finite number that is not negative, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def count(value: object) -> int | None:
    """`value` when it is a whole number that is not negative, else None."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def names(value: object) -> tuple[str, ...]:
    """The names in a list, each as one line that can be shown; none when `value` is not a list."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(" ".join(clean_text(name).split()) for name in value if isinstance(name, str) and name.strip())
