"""What a running server may take of the machine, looked at now and then while its client asks and waits.

The kernel bounds the memory of each process and the bytes in each folder in memory (see `sandbox`). What it does not bound is
looked at here: the memory of all processes of a server together, their threads, and the number of files in folders in memory,
each of which takes a kilobyte of the kernel's. `quota` looks at the folder that suite and subject share.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from harness.isolation.processes import proportional_mib, thread_count, tree_of

LOOK_EVERY_S = 0.2


class Limit(Protocol):
    """Something that must not be exceeded."""

    def problem(self) -> str:
        """What is exceeded, as a sentence; empty when nothing is."""


class Limits:
    """Several limits, of which a look at more often than `LOOK_EVERY_S` costs nothing."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = limits
        self._next_s = 0.0

    def problem(self) -> str:
        """The first problem; empty when there is none, or when they were looked at a moment ago."""
        if time.monotonic() < self._next_s:
            return ""
        found = next(filter(None, (limit.problem() for limit in self._limits)), "")
        self._next_s = time.monotonic() + LOOK_EVERY_S
        return found


class MemoryLimit:
    """The memory of a process and all that descend from it, each page counted once."""

    def __init__(self, pid: int, most_mib: float) -> None:
        self._pid = pid
        self._most_mib = most_mib

    def problem(self) -> str:
        """That they have more, if they have."""
        has_more = sum(map(proportional_mib, tree_of(self._pid))) > self._most_mib
        return f"the subject takes more than {self._most_mib:.0f} MiB of memory" if has_more else ""


class ThreadLimit:
    """The threads of a process and all that descend from it. A superuser's are not bounded by `RLIMIT_NPROC`."""

    def __init__(self, pid: int, most: int) -> None:
        self._pid = pid
        self._most = most

    def problem(self) -> str:
        """That they have more, if they have."""
        has_more = sum(map(thread_count, tree_of(self._pid))) > self._most
        return f"the subject takes more than {self._most} threads" if has_more else ""


class TemporaryFilesLimit:
    """The files in the folders in memory of a sandbox: empty ones have no bytes that the size of a folder would count."""

    def __init__(self, innermost: Callable[[], int], most: int) -> None:
        """`innermost` gives the number of the process that the subject runs in."""
        self._innermost = innermost
        self._most = most

    def problem(self) -> str:
        """That there are more, if there are."""
        for folder in ("tmp", "dev/shm"):
            with contextlib.suppress(OSError):  # it has ended, or has not begun
                root = Path(f"/proc/{self._innermost()}/root")
                if not (root / "player").is_dir():  # still the root of the host
                    return ""
                found = os.statvfs(root / folder)
                if found.f_files - found.f_ffree > self._most:
                    return f"the subject leaves more than {self._most} files in /{folder}"
        return ""
