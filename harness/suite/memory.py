"""Peak memory of a call, in this process.

Two tasks are called, each with inputs of its own. The kernel watches the first one: by how much the process's own memory
(resident, not of files) has grown at its worst moment. That sees what no allocator tells of: a block that was laid out while
the subject was imported and is filled in the call, or one from `mmap`. It also sees what any first call needs once, and is
rounded to pages and arenas; `SLACK_MIB` is taken off for that. `tracemalloc` watches the second task, and tells exactly what
NumPy and Python have allocated. The larger of the two is the peak.

A block that an earlier test has filled already is not seen here: in one process, memory has no owner. Where the subject has
a process of its own, that is a new one for each measurement; see `harness.isolation.memory`.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from harness.suite.measure import Compare, Task, keep_freed_memory, prepared

SLACK_MIB = 2.0
"""Measured on one thread, right solutions took 0.5 MiB at most beyond what `tracemalloc` tells."""


def peak_memory_mib(prepare: Callable[[], Task], compare: Compare) -> float:
    """MiB that a task's call had at its worst moment, beyond what was there before; `compare` holds the answers."""
    seen_mib = _seen_mib(prepared(prepare(), Task), compare)
    return max(_traced_mib(prepared(prepare(), Task), compare), seen_mib - SLACK_MIB)


def _seen_mib(task: Task, compare: Compare) -> float:
    """What the kernel sees the call take; 0 where it does not tell."""
    keep_freed_memory()
    warm_up()
    give_back()
    kernel = KernelMemory("self")
    got = task.call()
    seen_mib = kernel.growth_mib()
    compare(got, task.want())
    return seen_mib


def _traced_mib(task: Task, compare: Compare) -> float:
    """What the allocators say that the call took."""
    want = task.want()
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        got = task.call()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not was_tracing:
            tracemalloc.stop()
    compare(got, want)
    return (peak - before) / 2**20


class KernelMemory:
    """The kernel's account of a process's own memory: resident, whether private or shared, but not of files."""

    def __init__(self, pid: int | str) -> None:
        """What there is now does not count as growth."""
        self._folder = Path(f"/proc/{pid}")
        self._begun_mib = 0.0
        self._is_told = self.reset_peak()
        if self._is_told:
            fields = self._fields()
            self._begun_mib = fields["RssAnon"] + fields["RssShmem"]

    def reset_peak(self) -> bool:
        """Let `growth_mib` find the worst moment after this one; whether the kernel of this machine can."""
        try:
            (self._folder / "clear_refs").write_text("5", encoding="ascii")
        except OSError:
            return False
        return self._fields().keys() >= {"VmHWM", "RssAnon", "RssFile", "RssShmem"}

    def growth_mib(self) -> float:
        """The most MiB since `reset_peak`, beyond what there was at first; 0 where the kernel does not tell."""
        if not self._is_told:
            return 0.0
        fields = self._fields()
        # The peak is told of all together; what is of files (code, mostly) only grows.
        return fields["VmHWM"] - fields["RssFile"] - self._begun_mib if fields else 0.0

    def _fields(self) -> dict[str, float]:
        try:
            lines = (self._folder / "status").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return {}
        pairs = (line.split(":", 1) for line in lines if line.endswith(" kB"))
        return {name: int(value.split()[0]) / 1024 for name, value in pairs}


def warm_up() -> None:
    """Have BLAS lay out what it keeps: a first call would be charged for it."""
    square = np.ones((512, 512))
    np.linalg.norm(square @ square)


def give_back() -> None:
    """Give what is freed back to the system, where the C library is glibc: a call that uses it again takes nothing new."""
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
