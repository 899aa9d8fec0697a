"""What the kernel tells of a process and those that descend from it: which there are, their memory, their threads."""

from __future__ import annotations

import contextlib
from pathlib import Path

_MOST_PROCESSES = 4096


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


def thread_count(pid: int) -> int:
    """How many threads a process has. 0 where it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("Threads:"):
                return int(line.split()[1])
    return 0
