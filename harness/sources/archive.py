"""Zips of people who are not trusted: bounded in names, sizes and ratio; only the entries that are wanted are unpacked."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, cast

from harness.core.errors import KataError
from harness.sources.entry import MOST_NAMES, Entry, Listing, RefusedError, check_size, clean, never
from harness.sources.folder import trouble_of
from harness.sources.layout import is_relevant

MOST_UNPACKED = 4 * 2**30
"""Bytes that a whole zip may say it unpacks to; a fork with its environment stays below."""
MOST_RATIO = 1_100
"""How many times smaller deflate can make anything, rounded up: a zip that claims more is made of overlapping parts."""
MOST_FILE_RATIO = 200
"""The same for a file that is wanted and not tiny; sources come to ten."""
MOST_INDEX = 8 * 2**20
"""Bytes of a zip's list of entries, which is read in one piece."""

_TINY = 64 * 2**10
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CLIMBS = re.compile(r"/|[A-Za-z]:|(?:.*/)?\.\.(?:/|$)|.*\0", re.DOTALL)


class _Bounded:
    """A file that never gives much at once, so that a forged list of entries cannot fill the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int | None = -1) -> bytes:
        """As for any file, within the bound."""
        left = max(self._size - self._file.tell(), 0)
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > MOST_INDEX:
            raise RefusedError(f"has a list of entries that is over {MOST_INDEX // 2**20} MiB")
        return self._file.read(wanted)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn all errors of `zipfile` and `zlib` into a sentence."""
    try:
        yield
    except KataError:
        raise
    except Exception as error:  # damaged zips raise a dozen kinds, and which one is not documented
        reason = clean(str(error)) or type(error).__name__
        raise RefusedError(f"is damaged, or no zip: {reason}") from None


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    r"""The zip in `file`, its list of entries read. Raises `RefusedError` when it has none or too long a one.

    Programs of Windows may write `\\` between folders, against the format; such names are read as they are meant.
    """
    with _sentences():
        archive = zipfile.ZipFile(cast(BinaryIO, _Bounded(file)))
    for info in archive.filelist:
        info.filename = _with_slashes(info.filename)
    archive.NameToInfo = {info.filename: info for info in archive.filelist}
    if len(archive.filelist) > MOST_NAMES:
        raise RefusedError(f"has more than {MOST_NAMES:,} names in it")
    return archive


def _with_slashes(name: str) -> str:
    return name.replace("\\", "/")


def list_zip(archive: zipfile.ZipFile) -> Listing:
    """The candidates in a zip. Raises `RefusedError` when the zip as a whole is not to be trusted."""
    return list_members(archive, [(info.filename.removeprefix("./"), info) for info in archive.filelist])


def list_members(archive: zipfile.ZipFile, members: Sequence[tuple[str, zipfile.ZipInfo]]) -> Listing:
    """The candidates among these members of a zip, by the paths that they go by."""
    _check_whole([info for _, info in members])
    times = Counter(path for path, _ in members)
    entries = []
    for path, info in members:
        if not is_relevant(path.rstrip("/")):
            continue
        trouble = _trouble(info)
        if trouble is not None:
            trouble = trouble or ("is in the zip twice" if times[path] > 1 else "")
            read = never if trouble else partial(_read, archive, info)
            entries.append(Entry(path.rstrip("/"), read, trouble))
    return Listing(tuple(entries), is_empty=not members)


def _check_whole(infos: Sequence[zipfile.ZipInfo]) -> None:
    for info in infos:
        if _CLIMBS.match(_with_slashes(info.orig_filename)) or _CLIMBS.match(info.filename):
            raise RefusedError(f"has an entry that leads out of it: {clean(info.orig_filename)}")
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > MOST_UNPACKED:
        raise RefusedError(f"unpacks to {unpacked / 2**30:.1f} GiB, expected at most {MOST_UNPACKED // 2**30}")
    deflated = [info for info in infos if info.compress_type in _METHODS]
    if sum(info.file_size for info in deflated) > max(packed, 1) * MOST_RATIO:
        raise RefusedError("is a zip bomb: nothing that is honest packs so well")
    files = [info for info in infos if not info.is_dir()]
    if files and all(info.flag_bits & 1 for info in files):
        raise RefusedError("is encrypted")


def _trouble(info: zipfile.ZipInfo) -> str | None:
    """Why a member is refused, "" for a plain file, and None for a plain folder."""
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return trouble_of(mode)
    if info.is_dir():
        return None
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in _METHODS:
        return f"is packed by method {info.compress_type}, expected deflate"
    return ""


def read_member(archive: zipfile.ZipFile, path: str, most_bytes: int) -> bytes:
    """The bytes of the member at `path`. Raises `RefusedError` when there is none, or it is not to be trusted."""
    try:
        info = archive.getinfo(path)
    except KeyError:
        raise RefusedError(f"has no file {clean(path)}") from None
    trouble = _trouble(info)
    if trouble is None or trouble:
        raise RefusedError(f"has {clean(path)}, which {trouble or 'is a folder'}")
    return _read(archive, info, most_bytes)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most_bytes: int) -> bytes:
    """The bytes of a member."""
    check_size(info.file_size, most_bytes)
    if info.file_size > max(_TINY, info.compress_size * MOST_FILE_RATIO):
        raise RefusedError("is a zip bomb: no source packs so well")
    with _sentences(), archive.open(info) as member:
        data = member.read(most_bytes + 1)
    check_size(len(data), most_bytes)
    return data
