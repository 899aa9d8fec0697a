"""A `queue`-like design with two conditions on one lock, where the worker sleeps for the first item, then for company."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from concurrent.futures import Future


class DynamicBatcher:
    """The items, futures and times are in three lists."""

    def __init__(
        self,
        predict_batch,
        max_batch=32,
        max_wait_s=0.01,
        max_queue=1024,
        clock=time.monotonic,
        wait=threading.Condition.wait,
    ):
        if max_batch < 1:
            raise ValueError("max_batch is below 1")
        if max_wait_s < 0:
            raise ValueError("max_wait_s is below 0")
        if max_queue < max_batch:
            raise ValueError("max_queue is below max_batch")
        self.predict_batch, self.clock, self.wait = predict_batch, clock, wait
        self.max_batch, self.max_wait_s, self.max_queue = max_batch, max_wait_s, max_queue
        self.items, self.futures, self.times = [], [], []
        self.lock = threading.Lock()
        self.something = threading.Condition(self.lock)
        self.full_or_closed = threading.Condition(self.lock)
        self.closed = False
        self.counts = Counter()
        self.reading, self.time = clock(), 0.0
        self.worker = threading.Thread(target=self.run, daemon=True)
        self.worker.start()

    def now(self):
        """Moves forward, added up."""
        reading = self.clock()
        self.time += max(0.0, reading - self.reading)
        self.reading = reading
        return self.time

    def submit(self, item):
        """Append to the three lists."""
        future = Future()
        with self.lock:
            if self.closed:
                raise RuntimeError("closed")
            if len(self.items) == self.max_queue:
                self.counts["refused"] += 1
                raise queue.Full("full")
            self.items.append(item)
            self.futures.append(future)
            self.times.append(self.now())
            self.counts["submitted"] += 1
            self.something.notify()
            if len(self.items) >= self.max_batch:
                self.full_or_closed.notify()
        return future

    def close(self):
        """Wake the worker and wait for it."""
        with self.lock:
            self.closed = True
            self.something.notify()
            self.full_or_closed.notify()
        self.worker.join()

    def stats(self):
        """A dict of all counts."""
        with self.lock:
            names = "submitted", "refused", "answered", "failed", "cancelled", "batches"
            return {**{name: self.counts[name] for name in names}, "queued": len(self.items)}

    def run(self):
        """Wait for one item, then for others, then predict."""
        while True:
            with self.lock:
                while not self.items and not self.closed:
                    self.something.wait()
                if not self.items:
                    return
                while not self.closed and len(self.items) < self.max_batch:
                    left = self.times[0] + self.max_wait_s - self.now()
                    if left <= 0:
                        break
                    self.wait(self.full_or_closed, left)
                items, futures = [], []
                for item, future in zip(self.items[: self.max_batch], self.futures[: self.max_batch], strict=True):
                    if future.set_running_or_notify_cancel():
                        items.append(item)
                        futures.append(future)
                    else:
                        self.counts["cancelled"] += 1
                for each in (self.items, self.futures, self.times):
                    del each[: self.max_batch]
                if items:
                    self.counts["batches"] += 1
            if items:
                self.predict(items, futures)

    def predict(self, items, futures):
        """All together, or else each alone."""
        try:
            answers = self.ask(items)
        except Exception as error:
            if len(items) == 1:
                self.settle("failed", futures[0].set_exception, error)
                return
            for item, future in zip(items, futures, strict=True):
                self.predict([item], [future])
            return
        for future, answer in zip(futures, answers, strict=True):
            self.settle("answered", future.set_result, answer)

    def ask(self, items):
        """The answers, if there are as many as items."""
        answers = self.predict_batch(list(items))
        if len(answers) != len(items):
            raise ValueError(f"{len(answers)} answers for {len(items)} items")
        return answers

    def settle(self, name, finish, value):
        """Count, then answer."""
        with self.lock:
            self.counts[name] += 1
        finish(value)
