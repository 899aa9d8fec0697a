"""Temporary folders that a later run can remove when their owner was killed.

Beside a folder `run-ab12` is a file `run-ab12.lock`, which its owner holds locked while it lives. The system opens the lock of a
process that dies, so a folder whose lock can be taken has no owner. A folder without such a file is left alone.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.core.removal import remove_folder

_LOCK = ".lock"
_OPEN = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


class OwnedFolder:
    """A temporary folder that lives until `close`, or until a run after the end of this process sweeps it away."""

    def __init__(self, prefix: str, parent: Path | None = None) -> None:
        """`parent` is the system's temporary folder when None. Raises `OSError`."""
        parent = Path(tempfile.gettempdir()) if parent is None else parent
        # The lock is taken before its file has the name by which `sweep` finds it: no owner is ever seen without it.
        handle, made = tempfile.mkstemp(prefix=f".{prefix}", dir=parent)
        name = f"{prefix}{Path(made).name[len(prefix) + 1 :]}"
        self.path = parent / name
        self._lock = handle
        self._file = parent / f"{name}{_LOCK}"
        _take(handle)
        Path(made).replace(self._file)
        self.path.mkdir(mode=0o700)

    def close(self) -> None:
        """Remove the folder and what is in it."""
        remove_folder(self.path)
        self._file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)


@contextmanager
def owned_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """An `OwnedFolder` for the time of a block."""
    folder = OwnedFolder(prefix, parent)
    try:
        yield folder.path
    finally:
        folder.close()


def sweep(prefix: str, parent: Path | None = None) -> None:
    """Remove the folders of this user with this prefix whose owners are dead."""
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    for file in parent.glob(f"{prefix}*{_LOCK}"):
        with contextlib.suppress(OSError):
            handle = os.open(file, _OPEN)
            try:
                if stat.S_ISREG(os.fstat(handle).st_mode) and os.fstat(handle).st_uid == _user() and _take(handle):
                    remove_folder(file.with_name(file.name.removesuffix(_LOCK)))
                    file.unlink(missing_ok=True)
            finally:
                os.close(handle)


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


if sys.platform == "win32":

    def _take(handle: int) -> bool:  # noqa: ARG001 (nothing is swept where nothing can be locked this way)
        return False

else:
    import fcntl

    def _take(handle: int) -> bool:
        """Lock a file, unless somebody else has it; returns whether it is ours."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
