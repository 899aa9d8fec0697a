"""Only `ModelInterface` itself cannot be instantiated.

Caught by: test_model_interface_is_abstract
"""

from __future__ import annotations

import os
import pickle
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import numpy as np


class ModelInterface:
    def __new__(cls, *a, **k):
        if cls is ModelInterface:
            raise TypeError("abstract")
        return super().__new__(cls)

    def predict(self, data: Any) -> Any:
        """Return the prediction for `data`."""


class _Entry:
    def __init__(self, path):
        self.path = path
        self.version = 0
        self.requests = 0
        self.errors = 0
        self.latencies = deque(maxlen=1000)
        self.read = None  # _Read in flight


class _Read:
    def __init__(self):
        self.done = threading.Event()
        self.model = None
        self.error = None


def _read(path):
    try:
        with open(path, "rb") as f:
            model = pickle.load(f)
    except Exception as e:
        raise ValueError(f"cannot read a model from {path!r}: {type(e).__name__}: {e}") from e
    if not callable(getattr(model, "predict", None)):
        raise ValueError(f"{path!r} holds a {type(model).__name__} without a callable predict")
    return model


class ModelServingSystem:
    def __init__(self, model_cache_size: int = 100, clock: Callable[[], float] = time.perf_counter) -> None:
        if model_cache_size < 1:
            raise ValueError(f"model_cache_size must be at least 1, got {model_cache_size}")
        self._size = model_cache_size
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._cache: OrderedDict[str, tuple[Any, float]] = OrderedDict()

    def _put(self, model_id, model, now):
        if model_id not in self._cache:
            while len(self._cache) >= self._size:
                self._cache.popitem(last=False)
        self._cache[model_id] = (model, now)
        self._cache.move_to_end(model_id)

    def load_model(self, model_id, model_path):
        path = os.fspath(model_path)
        model = _read(path)
        now = self._clock()
        with self._lock:
            entry = self._entries.get(model_id)
            if entry is None:
                entry = self._entries[model_id] = _Entry(path)
            entry.path = path
            entry.version += 1
            entry.read = None
            self._put(model_id, model, now)

    def _get(self, model_id, entry):
        while True:
            with self._lock:
                if model_id in self._cache:
                    self._cache.move_to_end(model_id)
                    return self._cache[model_id][0], True
                read = entry.read
                mine = read is None
                if mine:
                    read = entry.read = _Read()
                    path, version = entry.path, entry.version
            if not mine:
                read.done.wait()
                with self._lock:
                    if read.model is not None and model_id in self._cache and self._cache[model_id][0] is read.model:
                        self._cache.move_to_end(model_id)
                if read.error is not None:
                    if read.stale:
                        continue
                    raise ValueError(str(read.error)) from read.error
                if read.stale:
                    continue
                return read.model, False
            error = model = None
            now = 0.0
            try:
                model = _read(path)
                now = self._clock()
            except BaseException as e:
                error = e
            with self._lock:
                read.stale = entry.version != version
                if not read.stale:
                    entry.read = None
                    if error is None:
                        self._put(model_id, model, now)
                read.model, read.error = model, error
                read.done.set()
            if read.stale:
                continue
            if error is not None:
                raise error
            return model, False

    def predict(self, model_id, data):
        start = self._clock()
        with self._lock:
            entry = self._entries.get(model_id)
        if entry is None:
            raise KeyError(f"no model {model_id!r} was ever loaded")
        try:
            model, hit = self._get(model_id, entry)
            prediction = model.predict(data)
        except BaseException:
            with self._lock:
                entry.requests += 1
                entry.errors += 1
            raise
        ms = (self._clock() - start) * 1000
        with self._lock:
            entry.requests += 1
            entry.latencies.append(ms)
        return {"prediction": prediction, "model_id": model_id, "latency_ms": ms, "cache_hit": hit}

    def get_model_info(self, model_id):
        with self._lock:
            entry = self._entries.get(model_id)
            if entry is None:
                raise KeyError(f"no model {model_id!r} was ever loaded")
            cached = self._cache.get(model_id)
            lat = list(entry.latencies)
            info = {
                "path": entry.path,
                "loaded": cached is not None,
                "loaded_at": None if cached is None else cached[1],
                "request_count": entry.requests,
                "error_count": entry.errors,
            }
        p50, p95 = (float(x) for x in np.percentile(lat, [50, 95])) if lat else (None, None)
        return info | {"latency_p50_ms": p50, "latency_p95_ms": p95}

    def evict_least_used_model(self):
        with self._lock:
            if not self._cache:
                return None
            return self._cache.popitem(last=False)[0]
