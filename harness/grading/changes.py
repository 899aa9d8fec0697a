"""What instructors change by hand in graded results: marks, and grades that were made again. `changes.json` keeps them apart.

Grading never writes that file, so a mark survives it. A grade that was made again stands in the place of the one that it was made
for: when the submission or the suite is another one, so is the grade, and the entry has no effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import filelock

from harness.core.documents import ResultsError, decode, encode
from harness.core.state import write_atomically

FILE = "changes.json"
_KIND = "kata-changes"
_PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that a person gave, in place of what the tests give."""

    learner: str
    """Slug of the learner."""
    kata: str
    """Slug of the kata."""
    share: float
    """Of the kata's points, 0 to 1."""
    note: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Regrade:
    """A grade that was made again, and why."""

    learner: str
    kata: str
    before: str
    """Key of the grade that it replaces."""
    after: str
    """Key of the new one."""
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Changes:
    """All of them, in the order in which they were made; of several for one case the last one counts."""

    marks: tuple[Mark, ...] = ()
    regrades: tuple[Regrade, ...] = ()

    def mark(self, learner: str, kata: str) -> Mark | None:
        """The mark of a case, None when the tests decide."""
        return next((one for one in reversed(self.marks) if (one.learner, one.kata) == (learner, kata)), None)

    def regrade(self, key: str) -> Regrade | None:
        """What led to the grade of this key, None when that was no regrade."""
        return next((one for one in reversed(self.regrades) if one.after == key), None)

    def present(self, key: str) -> str:
        """The key of the grade that stands in the place of that of `key`."""
        seen = {key}
        for one in self.regrades:  # each was made for what stood there then
            if one.before == key and one.after not in seen:
                key = one.after
                seen.add(key)
        return key


def read_changes(folder: Path) -> Changes:
    """What was changed by hand in the results in `folder`. Raises `ResultsError` when that cannot be read."""
    file = folder / FILE
    try:
        return decode(file.read_bytes(), str(file), _KIND, Changes)
    except FileNotFoundError:
        return Changes()
    except OSError as error:
        raise ResultsError(f"{file} cannot be read: {error.strerror}") from error


def add_mark(folder: Path, mark: Mark) -> None:
    """Enter a mark; one that was there before stays in the file. Raises `ResultsError`."""
    _change(folder, lambda found: replace(found, marks=(*found.marks, mark)))


def remove_marks(folder: Path, learner: str, kata: str) -> bool:
    """Let the tests decide again; returns whether there was a mark. Raises `ResultsError`."""
    is_there = read_changes(folder).mark(learner, kata) is not None

    def without(found: Changes) -> Changes:
        left = tuple(one for one in found.marks if (one.learner, one.kata) != (learner, kata))
        return replace(found, marks=left)

    if is_there:
        _change(folder, without)
    return is_there


def add_regrade(folder: Path, regrade: Regrade) -> None:
    """Enter a grade that was made again. Raises `ResultsError`."""
    _change(folder, lambda found: replace(found, regrades=(*found.regrades, regrade)))


def _change(folder: Path, change: Callable[[Changes], Changes]) -> None:
    try:
        with filelock.FileLock(folder / ".changes.lock", timeout=_PATIENCE_S):
            write_atomically(folder / FILE, encode(_KIND, change(read_changes(folder))))
    except OSError as error:  # a lock that is not to be had is one, too
        raise ResultsError(f"cannot write {folder / FILE}: {error.strerror or error}") from error
