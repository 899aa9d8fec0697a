"""Processes that end with the one that started them, also when that is killed and can end nothing itself.

Linux tells a child of its parent's death by a signal (`PR_SET_PDEATHSIG`). The signal comes when the *thread* that started the
child ends, so only children of main threads are ended this way. A fork server also ends, with its children, when the pipe
closes through which it gets its jobs; that works on any system and from any thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_PRCTL: Callable[[int, int], int] | None = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
"""Looked up here and not after a fork, where little is safe."""


def end_with_parent(parent: int) -> None:
    """Have this process killed when its parent dies; `parent` is the parent's number. Linux only, otherwise nothing.

    Ends this process at once when the parent is dead already. Holds for this process, also after `exec`, not for its children.
    """
    if _PRCTL is None:
        return
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def ending_with_me() -> Callable[[], None] | None:
    """A `preexec_fn` for `subprocess.Popen`: the child ends with this process.

    None outside of the main thread, with which the child would end instead.
    """
    if _PRCTL is None or threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()
    return lambda: end_with_parent(parent)
