"""The clock of an interview. It counts while the interview runs, and not while it is paused, killed, or the machine asleep."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

_TICK_S = 0.25
_BEAT_S = 2.0
"""A killed interview goes on where its clock was then: this much is what a kill can win."""


class InterviewClock:
    """Counts on its own thread, so that the end of the time is noticed while the candidate thinks.

    A monotonic clock is counted: setting the system's time changes nothing.
    """

    def __init__(
        self,
        spent_s: float,
        limit_s: float,
        *,
        beat: Callable[[float], None],
        tick: Callable[[float], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
        tick_s: float = _TICK_S,
    ) -> None:
        """`beat` is given the seconds spent every other second, `tick` the seconds left at every tick."""
        self._before_s = spent_s
        self._limit_s = limit_s
        self._beat = beat
        self._tick = tick
        self._now = now
        self._tick_s = tick_s
        self._begun: float | None = None

    @property
    def spent_s(self) -> float:
        """Seconds so far, at most the limit."""
        running_s = 0.0 if self._begun is None else max(0.0, self._now() - self._begun)
        return min(self._limit_s, self._before_s + running_s)

    @property
    def left_s(self) -> float:
        """Seconds to go."""
        return self._limit_s - self.spent_s

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.left_s <= 0

    @contextlib.contextmanager
    def running(self, bell: Callable[[], None]) -> Iterator[None]:
        """Count as long as the context lasts; `bell` is called once, from the clock's thread, when the time is up."""
        stopped = threading.Event()
        self._begun = self._now()
        thread = threading.Thread(target=self._count, args=(stopped, bell), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()
            self._before_s, self._begun = self.spent_s, None
            self._beat(self._before_s)

    def _count(self, stopped: threading.Event, bell: Callable[[], None]) -> None:
        beaten_s = self.spent_s
        while not stopped.wait(self._tick_s):
            self._tick(self.left_s)
            if self.is_over:
                self._beat(self.spent_s)
                bell()
                return
            if self.spent_s - beaten_s >= _BEAT_S:
                beaten_s = self.spent_s
                self._beat(beaten_s)
