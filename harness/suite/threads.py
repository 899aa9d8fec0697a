"""Threads that can be watched, gates that hold them, and a clock that stands still: what concurrency tests are made of.

All of this runs in the process of the subject, in a sandbox too, so it imports the standard library alone. Suites use it
through `harness.suite.concurrency`; the helper modules of katas may import it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Self

DEADLINE_S = 10.0
"""How long calls that nothing holds up may take before they count as stuck."""
SAMPLE_S = 0.02
ASLEEP_SAMPLES = 100
"""After so many looks in a row at which all threads of the process sleep, what has not ended is stuck."""
_TASKS = Path("/proc/self/task")

Call = tuple[Any, ...]
"""What to call, and its arguments."""


class Rest(StrEnum):
    """What a thread does that others wait for."""

    ENDED = "ended"
    AT_LOCK = "at a lock"
    """It waits in the subject's own code, or to enter a lock."""
    ELSEWHERE = "elsewhere"
    """It waits for an event, a future, a gate; or it runs on."""


def outcome_of(thunk: Callable[[], Any], *, brief: bool = False) -> Any:
    """What a call returns, or `"ValueError: message"` of what it raises; only `"ValueError"` when `brief`."""
    try:
        return thunk()
    except NotImplementedError:
        raise
    except Exception as error:
        return type(error).__name__ if brief else f"{type(error).__name__}: {error}"


class Worker:
    """Calls, one after the other, in a thread of their own, which begins at once."""

    def __init__(
        self,
        calls: Sequence[Call],
        *,
        brief: bool = False,
        before: Callable[[], object] | None = None,
        barrier: threading.Barrier | None = None,
        is_awake: Callable[[], bool] = bool,
    ) -> None:
        """`before` is called in the thread, before the calls. While `is_awake()`, it does not count as stuck."""
        self.outcomes: list[Any] = []
        """What has come of the calls so far, see `outcome_of`."""
        self._calls = calls
        self._brief = brief
        self._before = before
        self._barrier = barrier
        self._is_awake = is_awake
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            if self._barrier:
                self._barrier.wait(DEADLINE_S)
            if self._before:
                self._before()
            for function, *args in self._calls:
                self.outcomes.append(outcome_of(partial(function, *args), brief=self._brief))
        except BaseException as error:  # `NotImplementedError`, or what ends threads
            self.outcomes.append(f"{type(error).__name__}: {error}")
        finally:
            self._done.set()

    def ends(self, within_s: float = DEADLINE_S, *, asleep_samples: int = ASLEEP_SAMPLES) -> bool:
        """Wait for the last call to end; whether it did. It is sooner known of one that can never end: all threads sleep."""
        deadline, asleep = time.monotonic() + within_s, 0
        while not self._done.wait(min(SAMPLE_S, max(deadline - time.monotonic(), 0.0))):
            asleep = 0 if self._is_awake() or not others_sleep() else asleep + 1
            if asleep >= asleep_samples or time.monotonic() >= deadline:
                return False
        return True

    def rests(self, modules: Sequence[str] = (), within_s: float = 1.0) -> Rest:
        """Wait until it has ended, or waits for another thread. `modules` are the subject's."""
        still, place, frame = 0, None, None
        deadline = time.monotonic() + within_s
        while still < 2 and not self._done.wait(0.0003) and time.monotonic() < deadline:
            frame = sys._current_frames().get(self._thread.ident or 0)
            is_asleep = frame is not None and sleeps(self._thread.native_id)
            now = (id(frame), frame.f_lasti) if frame and is_asleep else None
            still, place = (still + 1 if now and now == place else 0), now
        if self._done.is_set():
            return Rest.ENDED
        return Rest.AT_LOCK if frame is not None and _is_at_lock(frame, modules) else Rest.ELSEWHERE


def _is_at_lock(frame: FrameType, modules: Sequence[str]) -> bool:
    """Whether a thread that waits here waits for a lock."""
    name = frame.f_globals.get("__name__")
    return name in modules or (name == "threading" and frame.f_code.co_name in ("__enter__", "acquire"))


def sleeps(native_id: int | None) -> bool:
    """Whether the kernel says that a thread sleeps; true where the kernel cannot be asked."""
    try:
        stat = (_TASKS / str(native_id) / "stat").read_text(encoding="utf-8")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "S"


def others_sleep() -> bool:
    """Whether all threads of this process but this one sleep; false where the kernel cannot be asked."""
    try:
        ids = [int(task.name) for task in _TASKS.iterdir()]
    except OSError:
        return False
    own = threading.get_native_id()
    return all(sleeps(native_id) for native_id in ids if native_id != own)


class Gate:
    """A function that holds up those who call it until the gate is open; then it answers as `function` does.

    Hand it to the subject as its model, its backend, its clock: `gate.arrived()` says when a call stands there. Without a
    `function` it returns its first argument. At the end of a `with` block it opens.
    """

    def __init__(self, function: Callable[..., Any] | None = None, *, is_open: bool = False) -> None:
        self.calls: list[list[Any]] = []
        """The arguments of each call that has come."""
        self._function = function
        self._open = threading.Event()
        if is_open:
            self._open.set()

    def __repr__(self) -> str:
        return "<gate>"

    def __call__(self, *args: Any) -> Any:
        """Note the call, wait until the gate is open, answer. Raises what `function` raises."""
        self.calls.append(list(args))
        self._open.wait(3 * DEADLINE_S)
        if self._function is not None:
            return self._function(*args)
        return args[0] if args else None

    def arrived(self, times: int = 1, within_s: float = DEADLINE_S) -> bool:
        """Wait until so many calls have come; whether they have."""
        deadline = time.monotonic() + within_s
        while len(self.calls) < times and time.monotonic() < deadline:
            time.sleep(0.001)
        return len(self.calls) >= times

    def __enter__(self) -> Self:
        """The gate."""
        return self

    def __exit__(self, *_: object) -> None:
        """Open it."""
        self.open()

    def open(self) -> None:
        """Let all through who wait here, and who will come."""
        self._open.set()

    def close(self) -> None:
        """Hold up those who come from now on."""
        self._open.clear()


class ManualClock:
    """A clock that moves only when it is told to; `clock()` and `clock.now()` are its time.

    The time is a number of seconds, or a `datetime` when it begins with one.
    """

    def __init__(self, start: Any = 0.0) -> None:
        self.sleeps: list[float] = []
        """The seconds of each call of `sleep` and `wait`."""
        self.waiting = 0
        """How many calls of `wait` have not ended."""
        self._now = start
        self._moved = threading.Condition()

    def __repr__(self) -> str:
        return "<clock>"

    def __call__(self) -> Any:
        """The time."""
        return self._now

    def now(self) -> Any:
        """The time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass; it goes back when `seconds` is below 0."""
        with self._moved:
            self._now = self._now + self._duration(seconds)
            self._moved.notify_all()

    def set(self, time: Any) -> None:
        """Have the clock show `time`, later or earlier."""
        with self._moved:
            self._now = time
            self._moved.notify_all()

    def sleep(self, seconds: float) -> None:
        """In place of `time.sleep`, for one thread: the clock moves on by so much, at once."""
        self.sleeps.append(seconds)
        self.advance(seconds)

    def wait(self, seconds: float) -> None:
        """In place of `time.sleep`, for many threads: return when others have let so much time pass."""
        with self._moved:
            self.sleeps.append(seconds)
            end = self._now + self._duration(seconds)
            self.waiting += 1
            self._moved.wait_for(lambda: self._now >= end, 3 * DEADLINE_S)
            self.waiting -= 1

    def _duration(self, seconds: float) -> Any:
        return timedelta(seconds=seconds) if isinstance(self._now, datetime) else seconds
