"""Attempts that are kept: the learner's code as it was when a kata passed, and whenever a command puts something in its place.

They are numbered files in the state folder, `attempts/a01_mse/0003-passed.py`, whole or not there, and never written over.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock

from harness.catalog.load import is_published_stub
from harness.core.errors import StateError
from harness.core.model import Kata
from harness.core.state import write_atomically

_NAME = re.compile(r"(?P<number>\d{4,})(?P<passed>-passed)?\.py")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One attempt on disk."""

    path: Path
    number: int
    has_passed: bool
    """Its suite had passed when it was kept."""

    @property
    def name(self) -> str:
        """The file's name, which the history knows it by."""
        return self.path.name

    @property
    def at(self) -> float:
        """When it was kept, seconds since the epoch."""
        return self.path.stat().st_mtime

    def read(self) -> bytes:
        """The code. Raises `StateError` when it cannot be read."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise StateError(f"{self.path} cannot be read: {error.strerror}") from error


def snapshots(state: Path, kata: Kata) -> list[Snapshot]:
    """Attempts at `kata` that are kept, oldest first."""
    folder = _folder(state, kata)
    try:
        matches = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    except OSError:
        return []
    return sorted(
        (Snapshot(path, int(match["number"]), bool(match["passed"])) for match, path in matches),
        key=lambda kept: (kept.number, kept.has_passed),
    )


def keep(state: Path, kata: Kata, source: bytes, *, has_passed: bool) -> Snapshot | None:
    """Keep `source`, unless it is kept already; None for the published stub, which is not an attempt.

    Raises `StateError` when it cannot be written.
    """
    if is_published_stub(kata, source):
        return None
    folder = _folder(state, kata)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".lock"):
            before = snapshots(state, kata)
            for kept in reversed(before):
                if kept.path.read_bytes() == source and (kept.has_passed or not has_passed):
                    return kept
            number = before[-1].number + 1 if before else 1
            path = folder / f"{number:04d}{'-passed' if has_passed else ''}.py"
            write_atomically(path, source)
            return Snapshot(path, number, has_passed)
    except OSError as error:
        raise StateError(f"the attempt cannot be kept in {folder}: {error.strerror or error}") from error


@contextlib.contextmanager
def replacement(file: Path, source: bytes) -> Iterator[None]:
    """Put `source` in place of `file` at the end of the block, if that ends well: as a whole, and with the file's mode.

    Errors of the disk come before the block begins. Raises `StateError` then.
    """
    target = file.resolve()  # where a link leads
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(source)
        Path(temporary).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
        if target.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        yield
        Path(temporary).replace(target)
    except OSError as error:
        raise StateError(f"{file} cannot be written: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _folder(state: Path, kata: Kata) -> Path:
    return state / "attempts" / kata.slug
