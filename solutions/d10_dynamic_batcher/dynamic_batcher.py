"""Dynamic batching: requests that come one by one are predicted together: the reference."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

PredictBatch = Callable[[list[Any]], Sequence[Any]]
Wait = Callable[[threading.Condition, float], object]


class _Request(NamedTuple):
    item: Any
    future: Future[Any]
    since_s: float


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
        """Start the thread that predicts; `ValueError` for values out of range."""
        if max_batch < 1:
            raise ValueError(f"max_batch must be at least 1, got {max_batch}")
        if max_wait_s < 0:
            raise ValueError(f"max_wait_s must be at least 0, got {max_wait_s}")
        if max_queue < max_batch:
            raise ValueError(f"max_queue must be at least max_batch ({max_batch}), got {max_queue}")
        self._predict_batch = predict_batch
        self._max_batch, self._max_wait_s, self._max_queue = max_batch, max_wait_s, max_queue
        self._clock, self._wait = clock, wait
        self._reading_s, self._set_back_s = -math.inf, 0.0
        self._queue: deque[_Request] = deque()
        self._is_closed = False
        self._counts = dict.fromkeys(("submitted", "refused", "answered", "failed", "cancelled", "batches"), 0)
        self._changed = threading.Condition()
        """Its lock holds for all of the above; whoever waits for it looks again when it wakes."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def submit(self, item: Any) -> Future[Any]:
        """Queue an item and return the future of its answer; `queue.Full` when full, `RuntimeError` when closed."""
        with self._changed:
            if self._is_closed:
                raise RuntimeError("the batcher is closed")
            if len(self._queue) >= self._max_queue:
                self._counts["refused"] += 1
                raise queue.Full(f"{self._max_queue} items are queued")
            request = _Request(item, Future(), self._now_s())
            self._queue.append(request)
            self._counts["submitted"] += 1
            self._changed.notify_all()
        return request.future

    def close(self) -> None:
        """Take no more items, and return when all futures are done."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    def stats(self) -> dict[str, int]:
        """Return how many items and batches there were, and how many items are queued."""
        with self._changed:
            return {**self._counts, "queued": len(self._queue)}

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._answer(batch)

    def _next_batch(self) -> list[_Request] | None:
        """Wait until a batch is due and take it; None when the batcher is closed and the queue is empty."""
        with self._changed:
            while (left_s := self._left_s()) > 0:
                if not self._queue:
                    if self._is_closed:
                        return None
                    self._changed.wait()
                else:
                    self._wait(self._changed, left_s)
            taken = [self._queue.popleft() for _ in range(min(len(self._queue), self._max_batch))]
            # From here on these futures cannot be cancelled any more.
            batch = [request for request in taken if request.future.set_running_or_notify_cancel()]
            self._counts["cancelled"] += len(taken) - len(batch)
            self._counts["batches"] += bool(batch)
            return batch

    def _left_s(self) -> float:
        """How long until the next batch is due; infinite while nothing is queued."""
        now_s = self._now_s()
        if not self._queue:
            return math.inf
        if self._is_closed or len(self._queue) >= self._max_batch:
            return 0.0
        return self._queue[0].since_s + self._max_wait_s - now_s

    def _now_s(self) -> float:
        """The clock's time, as if it had never gone back."""
        reading_s = self._clock()
        self._set_back_s += max(self._reading_s - reading_s, 0.0)
        self._reading_s = reading_s
        return reading_s + self._set_back_s

    def _answer(self, batch: list[_Request]) -> None:
        """Predict and answer, without the lock; a batch that fails is predicted again, item by item."""
        if not batch:
            return
        try:
            answers = self._predict([request.item for request in batch])
        except Exception as error:
            if len(batch) > 1:
                for request in batch:
                    self._answer([request])
            else:
                self._count("failed", 1)
                batch[0].future.set_exception(error)
        else:
            self._count("answered", len(batch))
            for request, answer in zip(batch, answers, strict=True):
                request.future.set_result(answer)

    def _predict(self, items: list[Any]) -> Sequence[Any]:
        number = len(items)
        answers = self._predict_batch(items)
        if len(answers) != number:
            raise ValueError(f"predict_batch gave {len(answers)} answers to {number} items")
        return answers

    def _count(self, what: str, number: int) -> None:
        with self._changed:
            self._counts[what] += number
