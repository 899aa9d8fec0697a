"""What a running server may take of the machine, looked at now and then while its client asks and waits.

The kernel bounds each process and each folder in memory by itself (see `sandbox`). What it does not bound is looked at here:
the memory of all processes of a server together, and the folder that suite and subject share.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

LOOK_EVERY_S = 0.2
_MOST_PROCESSES = 4096


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


def tree_of(pid: int) -> list[int]:
    """The process and all that descend from it now, as far as the kernel tells."""
    found: list[int] = []
    waiting = [pid]
    while waiting and len(found) < _MOST_PROCESSES:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):  # it has ended meanwhile
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += map(int, children.read_text(encoding="ascii").split())
    return found


def proportional_mib(pid: int) -> float:
    """MiB of a process, in memory and swapped out; what several processes share is divided among them. 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss:", "SwapPss:"))) / 1024
