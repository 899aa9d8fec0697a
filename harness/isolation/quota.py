"""How much a subject may leave in the folder that it shares with its suite."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from harness.isolation.processes import tree_of

SHARED_MIB = 256
SHARED_FILES = 5000
_NO_FILES = ("/dev/zero", "/memfd:", "/SYSV")
"""What the kernel calls the files behind shared memory, which counts as memory."""


class Quota:
    """A limit of a folder."""

    def __init__(self, folder: Path, pid: int | None = None) -> None:
        """`pid` is the first process of the subject. Files that it keeps open without a name count as well."""
        self._folder = folder
        self._pid = pid

    def problem(self) -> str:
        """What is wrong with the folder, empty when nothing is."""
        found = self._look()
        return f"{found} in the folder that it shares with the suite" if found else ""

    def _look(self) -> str:
        files, size = 0, self._nameless_bytes()
        folders = [str(self._folder)]
        while folders:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        files += 1
                        if files > SHARED_FILES:
                            return f"the subject leaves more than {SHARED_FILES} files"
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                            continue
                        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                            size += entry.stat(follow_symlinks=False).st_blocks * 512
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:  # closed, or below more folders than a path can name: what is in it could not be counted
                return "the subject leaves a folder that cannot be read, or that is nested too deeply,"
        return f"the subject leaves more than {SHARED_MIB} MiB of files" if size > SHARED_MIB * 2**20 else ""

    def _nameless_bytes(self) -> int:
        """Bytes of files that processes of the subject keep open, or mapped, after their names were removed."""
        if self._pid is None:
            return 0
        opened: dict[tuple[int, int], int] = {}
        mapped = 0
        device = self._folder.stat().st_dev
        for pid in tree_of(self._pid):
            for found in _open_files(pid):
                if found.st_nlink == 0 and found.st_dev == device:
                    opened[found.st_dev, found.st_ino] = found.st_blocks * 512
            mapped += _nameless_mapped_bytes(pid)
        return sum(opened.values()) + mapped


def _open_files(pid: int) -> Iterator[os.stat_result]:
    """The regular files that a process has open; none where it has ended or where the kernel does not tell."""
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found = descriptor.stat()
                if stat.S_ISREG(found.st_mode):
                    yield found


def _nameless_mapped_bytes(pid: int) -> int:
    """Bytes of addresses behind which a process has files without a name."""
    total = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace").splitlines():
            if not line.endswith(" (deleted)"):
                continue
            addresses, *_, path = line.split(maxsplit=5)
            if not path.startswith(_NO_FILES):
                begin, end = (int(part, 16) for part in addresses.split("-"))
                total += end - begin
    return total
