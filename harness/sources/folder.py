"""Plain folders: listed without following links, and read without waiting for anything that is not a regular file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import BinaryIO

from harness.sources.entry import MOST_NAMES, Entry, Listing, RefusedError, check_size, never
from harness.sources.layout import is_relevant, may_hold

_PLAIN = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE = _PLAIN | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_FOLDER = _PLAIN | getattr(os, "O_DIRECTORY", 0)
_BY_HANDLE = os.open in os.supports_dir_fd


def list_folder(folder: Path) -> Listing:
    """The candidates in `folder`. Raises `RefusedError` when it has too many names or cannot be read."""
    entries: list[Entry] = []
    seen = 0
    for path, found in _walk(folder):
        seen += 1
        if seen > MOST_NAMES:
            raise RefusedError(f"has more than {MOST_NAMES:,} names in it")
        if not is_relevant(path):
            continue
        trouble = found if isinstance(found, str) else trouble_with(found)
        if trouble is not None:
            entries.append(Entry(path, partial(read_below, folder, path) if not trouble else never, trouble))
    return Listing(tuple(entries), is_empty=not seen)


def _walk(folder: Path) -> Iterator[tuple[str, os.DirEntry[str] | str]]:
    """Every name down to where stubs lie; for a folder that cannot be read, why."""
    pending = [""]
    while pending:
        path = pending.pop()
        try:
            with os.scandir(folder / path) as found:
                for entry in found:
                    name = f"{path}/{entry.name}" if path else entry.name
                    yield name, entry
                    if may_hold(name) and entry.is_dir(follow_symlinks=False):
                        pending.append(name)
        except OSError as error:
            if not path:
                raise RefusedError(f"cannot be read: {error.strerror}") from None
            yield path, f"cannot be read: {error.strerror}"


def trouble_with(found: os.DirEntry[str]) -> str | None:
    """Why `found` is refused, "" for a plain file, and None for a plain folder."""
    try:
        mode = found.stat(follow_symlinks=False).st_mode
        if _is_junction(found):
            return "is a symbolic link"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None if stat.S_ISDIR(mode) else trouble_of(mode)


def _is_junction(found: os.DirEntry[str]) -> bool:
    """Whether this is what Windows has for links to folders, besides links."""
    ask = getattr(found, "is_junction", None)
    return ask is not None and bool(ask())


def trouble_of(mode: int) -> str:
    """Why a file of this mode is not read, empty when it is a plain one."""
    if stat.S_ISREG(mode):
        return ""
    return "is a symbolic link" if stat.S_ISLNK(mode) else "is not a regular file"


def open_plain(path: Path) -> BinaryIO:
    """Open the plain file at `path`. Raises `RefusedError` for anything else, a link among them, and `OSError`."""
    trouble = trouble_of(path.lstat().st_mode)
    if trouble:
        raise RefusedError(trouble)
    return _checked(os.open(path, _FILE))


def _checked(handle: int) -> BinaryIO:
    file = os.fdopen(handle, "rb")
    trouble = trouble_of(os.fstat(handle).st_mode)
    if trouble:
        file.close()
        raise RefusedError(trouble)
    return file


def read_below(folder: Path, path: str, most_bytes: int) -> bytes:
    """The bytes of the file at `path`, no part of which is a link, even when it was none a moment ago."""
    try:
        with _open_below(folder, path) as file:
            check_size(os.fstat(file.fileno()).st_size, most_bytes)
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise RefusedError(f"cannot be read: {error.strerror}") from None
    check_size(len(data), most_bytes)
    return data


def _open_below(folder: Path, path: str) -> BinaryIO:
    """Open a file of `folder`, part by part, so that none of them is a link."""
    if not _BY_HANDLE:
        return open_plain(folder / path)
    *above, name = path.split("/")
    with ExitStack() as handles:
        at = os.open(folder, _FOLDER)
        handles.callback(os.close, at)
        for part in above:
            at = os.open(part, _FOLDER, dir_fd=at)
            handles.callback(os.close, at)
        return _checked(os.open(name, _FILE, dir_fd=at))
