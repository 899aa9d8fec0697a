"""What the suite of D10 drives a batcher with: a model that notes its batches, a clock, and the futures' states."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from typing import Any

import dynamic_batcher as kata

from harness.suite.threads import Gate, others_sleep

DEADLINE_S = 10.0


class Clock:
    """A clock that moves only when it is told to, and a `wait` in place of `threading.Condition.wait` that follows it.

    `set_back` changes what the clock shows; those who wait do not wait longer for that.
    """

    def __init__(self) -> None:
        self._shown_s, self._passed_s = 1024.0, 0.0
        self._waiting: list[tuple[threading.Condition, float]] = []

    def __call__(self) -> float:
        """What the clock shows, in seconds."""
        return self._shown_s

    def wait(self, condition: threading.Condition, seconds: float | None = None) -> None:
        """Wait until the condition is notified or so much time has passed."""
        entry = (condition, self._passed_s + (float("inf") if seconds is None else seconds))
        self._waiting.append(entry)
        try:
            if seconds is None or seconds > 0:
                condition.wait(3 * DEADLINE_S)
        finally:
            self._waiting.remove(entry)

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake those who have waited for so long."""
        self._shown_s += seconds
        self._passed_s += seconds
        self._wake(self._passed_s)

    def set_back(self, seconds: float) -> None:
        """Show an earlier time."""
        self._shown_s -= seconds

    def wake(self) -> None:
        """Wake all for no reason, as conditions may."""
        self._wake(float("inf"))

    def _wake(self, until_s: float) -> None:
        for condition, end_s in list(self._waiting):
            if end_s <= until_s:
                with condition:
                    condition.notify_all()


def settle() -> None:
    """Wait until every other thread sleeps: for a lock, a gate, the clock."""
    deadline, still = time.monotonic() + DEADLINE_S, 0
    while still < 3 and time.monotonic() < deadline:
        time.sleep(0.0005)
        still = still + 1 if others_sleep() else 0


def answer(items: list[Any]) -> list[Any]:
    """Ten times each item; None for None. A negative item raises, and 0 is left out of the answers."""
    for item in items:
        if item is not None and item < 0:
            raise ValueError(f"bad item {item}")
    return [item if item is None else item * 10 for item in items if item != 0]


class Bench:
    """A batcher of up to 3 items, with a clock that the suite moves; `held` models wait at a gate until `open`."""

    def __init__(
        self,
        max_batch: int = 3,
        max_wait_s: float = 1.0,
        max_queue: int = 6,
        held: bool = False,
        defaults: bool = False,
    ) -> None:
        self.clock = Clock()
        self._gate = Gate(is_open=not held)
        self._log: list[list[Any]] = []
        self._futures: list[Future[Any]] = []
        self._threads_before = set(threading.enumerate())
        limits = () if defaults else (max_batch, max_wait_s, max_queue)
        self._batcher = kata.DynamicBatcher(self._predict, *limits, clock=self.clock, wait=self.clock.wait)

    def _predict(self, items: list[Any]) -> list[Any]:
        self._log.append(list(items))
        self._gate()
        return answer(items)

    def submit(self, item: Any) -> str:
        """Submit, without waiting for anything."""
        self._futures.append(self._batcher.submit(item))
        return "taken"

    def put(self, *items: Any) -> list[str]:
        """Submit items, one after the other; what came of each, when all threads rest."""
        came = []
        for item in items:
            try:
                came.append(self.submit(item))
            except NotImplementedError:
                raise
            except Exception as error:
                came.append(type(error).__name__ if str(error) else f"{type(error).__name__} without a message")
            settle()
        return came

    def chain(self, item: Any, then: Any) -> None:
        """Submit an item whose callback asks for stats and submits another one."""
        future = self._batcher.submit(item)
        self._futures.append(future)
        future.add_done_callback(lambda _: (self._batcher.stats(), self.submit(then)))

    def cancel(self, i: int) -> bool:
        """Cancel the future of the i-th item that was taken."""
        return self._futures[i].cancel()

    def advance(self, seconds: float) -> None:
        """Let time pass, and all threads come to rest."""
        self.clock.advance(seconds)
        settle()

    def set_back(self, seconds: float) -> None:
        """Set the clock back."""
        self.clock.set_back(seconds)

    def wake(self) -> None:
        """Wake those who wait, for no reason."""
        self.clock.wake()
        settle()

    def open(self) -> None:
        """Let the model answer."""
        self._gate.open()
        settle()

    def batches(self) -> list[list[Any]]:
        """What `predict_batch` was asked, in order; a batch that the model holds is the last."""
        return [list(batch) for batch in self._log]

    def answers(self) -> list[Any]:
        """The state of each future, in the order of submission."""
        return [_state(future) for future in self._futures]

    def close(self) -> None:
        """Close the batcher."""
        self._batcher.close()

    def stats(self) -> dict[str, int]:
        """The batcher's own."""
        stats: dict[str, int] = self._batcher.stats()
        return stats

    def fill(self, number: int) -> int:
        """Submit so many items; how many are taken before the first is refused."""
        for i in range(number):
            try:
                self.submit(1)
            except queue.Full:
                return i
        return number

    def daemons(self) -> list[bool]:
        """Whether they are daemons, of the threads that there are since the batcher was made."""
        return [thread.daemon for thread in threading.enumerate() if thread not in self._threads_before]


def _state(future: Future[Any]) -> Any:
    if future.cancelled():
        return "cancelled"
    if not future.done():
        return "waits"
    error = future.exception()
    if error is None:
        return future.result()
    return f"{type(error).__name__}: {error}" if "bad item" in str(error) else type(error).__name__


class Plain:
    """A batcher with the defaults, in real time."""

    def __init__(self) -> None:
        self._batcher = kata.DynamicBatcher(answer)

    def ask(self, item: Any) -> Any:
        """Submit, and wait for the answer."""
        return self._batcher.submit(item).result(DEADLINE_S)

    def close(self) -> None:
        """Close the batcher."""
        self._batcher.close()

    def stats(self) -> dict[str, int]:
        """The batcher's own."""
        stats: dict[str, int] = self._batcher.stats()
        return stats
