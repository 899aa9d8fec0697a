"""A list under a plain lock with a condition of its own; cancelled items leave the queue; failed batches are halved."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from typing import Any


class Entry:
    """An item that waits; its age is added up, so that no time of arrival is stored."""

    def __init__(self, item):
        self.item = item
        self.future = Future()
        self.age = 0.0


class DynamicBatcher:
    """Ages are sums of the moves forward."""

    def __init__(
        self,
        predict_batch,
        max_batch=32,
        max_wait_s=0.01,
        max_queue=1024,
        clock=time.monotonic,
        wait=threading.Condition.wait,
    ):
        if max_batch < 1 or max_wait_s < 0 or max_queue < max_batch:
            raise ValueError(f"bad limits: {max_batch}, {max_wait_s}, {max_queue}")
        self.predict_batch = predict_batch
        self.max_batch = max_batch
        self.max_wait_s = max_wait_s
        self.max_queue = max_queue
        self.clock = clock
        self.wait = wait
        self.last_reading = clock()
        self.entries = []
        self.closed = False
        self.submitted = self.refused = self.answered = self.failed = self.cancelled = self.batches = 0
        self.lock = threading.RLock()
        self.arrived = threading.Condition(self.lock)
        self.finished = threading.Event()
        threading.Thread(target=self.work, daemon=True).start()

    def submit(self, item: Any) -> Future:
        """Queue an item."""
        entry = Entry(item)
        with self.lock:
            self.pass_time()
            self.drop_cancelled()
            if self.closed:
                raise RuntimeError("closed")
            if len(self.entries) >= self.max_queue:
                self.refused += 1
                raise queue.Full("too many items are queued")
            self.submitted += 1
            self.entries.append(entry)
            self.arrived.notify()
        return entry.future

    def close(self):
        """Let the worker end."""
        with self.lock:
            self.closed = True
            self.arrived.notify()
        self.finished.wait()

    def stats(self):
        """Counts."""
        with self.lock:
            self.drop_cancelled()
            return {
                "submitted": self.submitted,
                "refused": self.refused,
                "answered": self.answered,
                "failed": self.failed,
                "cancelled": self.cancelled,
                "batches": self.batches,
                "queued": len(self.entries),
            }

    def pass_time(self):
        """All that wait become older by what the clock moved forward."""
        reading = self.clock()
        if reading > self.last_reading:
            for entry in self.entries:
                entry.age += reading - self.last_reading
        self.last_reading = reading

    def drop_cancelled(self):
        """Cancelled entries leave."""
        before = len(self.entries)
        self.entries = [entry for entry in self.entries if not entry.future.cancelled()]
        self.cancelled += before - len(self.entries)

    def work(self):
        """Predict until closed."""
        while True:
            with self.lock:
                while True:
                    self.pass_time()
                    self.drop_cancelled()
                    n = len(self.entries)
                    if n == 0 and self.closed:
                        self.finished.set()
                        return
                    if n and (self.closed or n >= self.max_batch or self.entries[0].age >= self.max_wait_s):
                        break
                    if n:
                        self.wait(self.arrived, self.max_wait_s - self.entries[0].age)
                    else:
                        self.arrived.wait()
                batch = []
                for entry in self.entries[: self.max_batch]:
                    if entry.future.set_running_or_notify_cancel():
                        batch.append(entry)
                    else:
                        self.cancelled += 1
                self.entries = self.entries[self.max_batch :]
                if batch:
                    self.batches += 1
            if batch:
                self.predict(batch)

    def predict(self, batch):
        """Halve what fails."""
        try:
            answers = list(self.predict_batch([entry.item for entry in batch]))
            if len(answers) != len(batch):
                raise ValueError(f"{len(answers)} answers to {len(batch)} items")  # noqa: TRY301
        except Exception as error:
            if len(batch) > 1:
                middle = len(batch) // 2
                self.predict(batch[:middle])
                self.predict(batch[middle:])
            else:
                with self.lock:
                    self.failed += 1
                batch[0].future.set_exception(error)
            return
        for entry, answer in zip(batch, answers, strict=True):
            with self.lock:
                self.answered += 1
            entry.future.set_result(answer)
