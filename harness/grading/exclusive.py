"""MachineLock on a machine: many work at once, but whoever measures is alone, whichever of its processes the others are in."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.core.state import machine_folder


class MachineLock:
    """The locks of one machine and one user.

    Everybody goes through the same door, and whoever wants to be alone keeps it shut while those inside finish: a crowd
    cannot keep a measurement waiting for ever. The system opens the locks of a process that dies.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is one that all processes of this user on this machine share; one of the system's when None."""
        user = os.getuid() if hasattr(os, "getuid") else 0
        self._folder = folder or machine_folder()
        self._room = self._folder / f"kata-{user}.room"
        self._door = self._folder / f"kata-{user}.door"

    @contextmanager
    def together(self) -> Iterator[ExitStack]:
        """Work beside others; gives what can be closed early, when the work is done before the block is."""
        with ExitStack() as inside:
            with _held(self._door, shared=False):
                inside.enter_context(_held(self._room, shared=True))
            yield inside

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work while no other process on this machine holds the lock."""
        with _held(self._door, shared=False), _held(self._room, shared=False):
            yield


if sys.platform == "win32":
    import filelock

    @contextmanager
    def _held(path: Path, *, shared: bool) -> Iterator[None]:  # noqa: ARG001 (there is no sharing here)
        with filelock.FileLock(path):
            yield

else:
    import fcntl

    @contextmanager
    def _held(path: Path, *, shared: bool) -> Iterator[None]:
        """A lock on a file that is opened for this alone, so that threads keep each other out as processes do."""
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(opened, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            yield
        finally:
            with contextlib.suppress(OSError):
                os.close(opened)
