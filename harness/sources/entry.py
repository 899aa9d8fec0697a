"""What the readers of folders, zips and repositories share: a file that may be a stub, and when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.core.errors import KataError
from harness.core.source_text import SourceTextError, decode_source
from harness.sources.untrusted_text import line

MOST_BYTES = 2**20
"""Of one stub file; an honest one has a hundredth of it."""
MOST_NAMES = 50_000
"""Names in one folder, zip or roster that are looked at."""

_LFS = b"version https://git-lfs.github.com/spec/"


class RefusedError(KataError):
    """Something of one learner that cannot be taken.

    The message is a sentence, or one that lacks its subject where only the caller knows that.
    """


class RosterError(KataError):
    """A roster that cannot be used as it is; `line` is the line that is to blame, when there is one."""

    def __init__(self, message: str, *, hint: str = "", line: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.line = line


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder of a source whose name makes it a candidate."""

    path: str
    """From the top of the source, with `/`."""
    read: Callable[[int], bytes]
    """The bytes, given how many there may be. Raises `RefusedError`."""
    trouble: str = ""
    """Why it is refused unread, "is a symbolic link"; empty when it is a plain file."""
    inside: str = ""
    """The zip that it is in, when that is only a part of the source."""

    @property
    def shown(self) -> str:
        """The path for people."""
        return clean(f"{self.inside}: {self.path}" if self.inside else self.path)


@dataclass(frozen=True, slots=True)
class Listing:
    """What one folder or zip has to offer."""

    entries: tuple[Entry, ...]
    is_empty: bool
    """Whether there is nothing in it at all, not even of another kind."""


def clean(text: str) -> str:
    """A name from an untrusted source, for one line of a message: cut, what cannot be printed escaped."""
    return line(text)


def never(_: int) -> bytes:
    """Stands for the content of an entry with a trouble."""
    raise RefusedError("is not a regular file")


def check_size(size: int, most_bytes: int) -> None:
    """Raise `RefusedError` for a file of `size` bytes when that is too much."""
    if size > most_bytes:
        raise RefusedError(f"is over {most_bytes // 2**20} MiB")


def check_source(data: bytes) -> None:
    """Raise `RefusedError` unless `data` can be a Python source."""
    check_size(len(data), MOST_BYTES)
    if data.startswith(_LFS):
        raise RefusedError("is a pointer of Git LFS, not the file itself")
    try:
        decode_source(data)
    except SourceTextError as error:
        raise RefusedError(str(error)) from None
