"""A lock for each model, under which its file is read and nothing else is done; the cache is a linked list."""

import os
import pickle
import statistics
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from pathlib import Path


class ModelInterface(ABC):
    @abstractmethod
    def predict(self, data): ...


class Node:
    """A model's entry; the cached ones form a ring around a sentinel, the least recently used after it."""

    def __init__(self, model_id=None):
        self.model_id = model_id
        self.reading = threading.RLock()
        self.before = self.after = self
        self.model = None
        self.path = None
        self.since = None
        self.ended = {"well": 0, "badly": 0}
        self.reads = 0
        self.failure = None
        self.recent = deque(maxlen=1000)

    def unlink(self):
        self.before.after, self.after.before = self.after, self.before
        self.before = self.after = self

    def link_before(self, other):
        self.before, self.after = other.before, other
        other.before.after = self
        other.before = self


class ModelServingSystem:
    def __init__(self, model_cache_size=100, clock=time.perf_counter):
        if not model_cache_size >= 1:
            raise ValueError(f"model_cache_size is {model_cache_size}, expected 1 or more")
        self._free = model_cache_size
        self._clock = clock
        self._guard = threading.RLock()
        self._ring = Node()
        self._nodes = {}

    def load_model(self, model_id, model_path):
        path = os.fspath(model_path)
        if model_id not in self._nodes:
            # Unknown ids have no node yet, and a failure must leave none.
            model = read(path)
            with self._guard:
                node = self._nodes.setdefault(model_id, Node(model_id))
                node.path = path
                self._seat(node, model)
            return
        node = self._nodes[model_id]
        with node.reading:
            model = read(path)
            with self._guard:
                node.path = path
                node.failure = None
                self._seat(node, model)

    def predict(self, model_id, data):
        start = self._clock()
        node = self._known(model_id)
        outcome = "badly"
        try:
            model, hit = self._look(node), True
            if model is None:
                model, hit = self._fetch(node), False
            result = model.predict(data)
            outcome = "well"
        finally:
            elapsed = 1000 * (self._clock() - start)
            with self._guard:
                node.ended[outcome] += 1
                if outcome == "well":
                    node.recent.append(elapsed)
        return dict(prediction=result, model_id=model_id, latency_ms=elapsed, cache_hit=hit)  # noqa: C408

    def get_model_info(self, model_id):
        with self._guard:
            node = self._known(model_id)
            recent = sorted(node.recent)
            if not recent:
                median = high = None
            elif len(recent) == 1:
                median = high = recent[0]
            else:
                cuts = statistics.quantiles(recent, n=20, method="inclusive")
                median, high = cuts[9], cuts[18]
            return {
                "path": node.path,
                "loaded": node.model is not None,
                "loaded_at": node.since,
                "request_count": sum(node.ended.values()),
                "error_count": node.ended["badly"],
                "latency_p50_ms": median,
                "latency_p95_ms": high,
            }

    def evict_least_used_model(self):
        with self._guard:
            oldest = self._ring.after
            if oldest is self._ring:
                return None
            oldest.unlink()
            oldest.model = oldest.since = None
            self._free += 1
            return oldest.model_id

    def _known(self, model_id):
        try:
            return self._nodes[model_id]
        except KeyError:
            raise KeyError(f"{model_id!r} was never loaded") from None

    def _look(self, node):
        with self._guard:
            if node.model is not None:
                node.unlink()
                node.link_before(self._ring)
            return node.model

    def _fetch(self, node):
        reads = node.reads
        with node.reading:
            model = self._look(node)
            if model is None:
                if node.reads != reads and node.failure:
                    # Somebody else read it meanwhile: that failure is ours too.
                    raise ValueError(node.failure)
                node.failure = None
                try:
                    model = read(node.path)
                except ValueError as error:
                    node.failure = str(error)
                    raise
                finally:
                    node.reads += 1
                with self._guard:
                    self._seat(node, model)
            return model

    def _seat(self, node, model):
        """Both the guard and the right to read the node are held."""
        if node.model is None:
            if self._free == 0:
                self.evict_least_used_model()
            self._free -= 1
        node.unlink()
        node.link_before(self._ring)
        node.model = model
        node.since = self._clock()


def read(path):
    try:
        model = pickle.loads(Path(path).read_bytes())
    except Exception as error:
        raise ValueError(f"{path} cannot be read: {type(error).__name__} {error}") from error
    if callable(getattr(model, "predict", None)):
        return model
    raise ValueError(f"{path} has no model in it but a {type(model).__name__}")
