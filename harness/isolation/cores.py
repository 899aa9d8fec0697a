"""A core for client and server together.

They work by turns, never at the same time: a call is a question and an answer. On two cores each turn wakes up the other core,
which costs several times as much as handing over on the same one. So a client takes a core that no other has, and stays
there with its servers; when all are taken, it goes where the system puts it.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
from pathlib import Path

from harness.core.state import machine_folder


class Core:
    """One core of this machine, from `take_core` until `leave`, or the end of the process."""

    def __init__(self, number: int, lock: int) -> None:
        self.number = number
        self._lock = lock
        self._before = os.sched_getaffinity(0)

    def hold(self, pid: int) -> None:
        """Keep this process and that one there, with all threads that they have; what they start stays there too."""
        for process in (os.getpid(), pid):
            _move(process, self.number)

    def leave(self) -> None:
        """Give it back."""
        with contextlib.suppress(OSError):
            for thread in Path("/proc/self/task").iterdir():
                os.sched_setaffinity(int(thread.name), self._before)
        os.close(self._lock)


def _move(process: int, number: int) -> None:
    with contextlib.suppress(OSError):  # a thread or a process that has just ended
        for thread in Path(f"/proc/{process}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {number})


def stay_together(*pids: int) -> None:
    """Put this process and those on one core, whoever else is there, unless this one has no choice any more.

    For measurements: the way to a server costs twice as much on two cores as on one, and the system moves them at its will.
    """
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return
    number = random.choice(sorted(os.sched_getaffinity(0)))
    for process in (os.getpid(), *pids):
        _move(process, number)


def take_core(folder: Path | None = None) -> Core | None:
    """A core that no other process has taken; None when there is none, or no choice.

    `folder` is one that all processes of this user on this machine share.
    """
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return None
    import fcntl

    shared = folder or machine_folder()
    for number in sorted(os.sched_getaffinity(0)):
        file = shared / f"kata-{os.getuid()}.core-{number}"
        try:
            lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system gives it back when this process dies
            return Core(number, lock)
        except OSError:
            os.close(lock)
    return None
