"""Dynamic batching: requests that come one by one are predicted together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

PredictBatch = Callable[[list[Any]], Sequence[Any]]
Wait = Callable[[threading.Condition, float], object]


class DynamicBatcher:
    """Collects items until `max_batch` are there or the oldest has waited for `max_wait_s`, and predicts them together."""

    def __init__(
        self,
        predict_batch: PredictBatch,
        max_batch: int = 32,
        max_wait_s: float = 0.01,
        max_queue: int = 1024,
        clock: Callable[[], float] = time.monotonic,
        wait: Wait = threading.Condition.wait,
    ) -> None:
        """Start the thread that predicts.

        Args:
            predict_batch: takes a list of items, returns as many answers in their order.
            max_batch: the most items of a batch, at least 1.
            max_wait_s: how long the oldest item waits for others, in seconds, at least 0.
            max_queue: the most items that may be queued, at least `max_batch`.
            clock: the time in seconds.
            wait: called as `wait(condition, seconds)`, in place of `condition.wait(seconds)`.

        Raises:
            ValueError: for values out of range.
        """
        raise NotImplementedError

    def submit(self, item: Any) -> Future[Any]:
        """Queue an item and return the future of its answer, at once.

        Raises:
            queue.Full: when `max_queue` items are queued.
            RuntimeError: when `close` was called.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Take no more items, and return when all futures are done."""
        raise NotImplementedError

    def stats(self) -> dict[str, int]:
        """Return a new dict: "submitted", "refused", "answered", "failed", "cancelled", "batches", "queued"."""
        raise NotImplementedError
