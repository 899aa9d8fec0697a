"""Lists what unpickling may raise, and leaves out the errors of others.

Caught by: test_a_bad_file_is_an_error_and_leaves_no_trace
"""

import os
import pickle
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from concurrent.futures import Future

import numpy as np


class ModelInterface(ABC):
    @abstractmethod
    def predict(self, data): ...


class Record:
    def __init__(self):
        self.path, self.version, self.loaded_at, self.reading = None, 0, None, None
        self.requests, self.errors, self.latencies = 0, 0, deque(maxlen=1000)


class ModelServingSystem:
    def __init__(self, model_cache_size=100, clock=time.perf_counter):
        if model_cache_size < 1:
            raise ValueError("model_cache_size must be at least 1")
        self.size, self.clock, self.lock = model_cache_size, clock, threading.RLock()
        self.records, self.cache = {}, OrderedDict()

    def load_model(self, model_id, model_path):
        path = os.fspath(model_path)
        model = self.read(path)
        now = self.clock()
        with self.lock:
            record = self.records.setdefault(model_id, Record())
            record.path, record.version, record.reading = path, record.version + 1, None
            self.put(model_id, model, now)

    def predict(self, model_id, data):
        start = self.clock()
        record = self.record(model_id)
        try:
            model, hit = self.get(model_id, record)
            prediction = model.predict(data)
        except BaseException:
            with self.lock:
                record.requests += 1
                record.errors += 1
            raise
        latency_ms = (self.clock() - start) * 1000
        with self.lock:
            record.requests += 1
            record.latencies.append(latency_ms)
        return {"prediction": prediction, "model_id": model_id, "latency_ms": latency_ms, "cache_hit": hit}

    def get_model_info(self, model_id):
        with self.lock:
            record = self.record(model_id)
            p50, p95 = np.percentile(record.latencies, [50, 95]) if record.latencies else (None, None)
            return {
                "path": record.path,
                "loaded": model_id in self.cache,
                "loaded_at": record.loaded_at,
                "request_count": record.requests,
                "error_count": record.errors,
                "latency_p50_ms": p50,
                "latency_p95_ms": p95,
            }

    def evict_least_used_model(self):
        with self.lock:
            if not self.cache:
                return None
            model_id, _ = self.cache.popitem(last=False)
            self.records[model_id].loaded_at = None
            return model_id

    def record(self, model_id):
        if model_id not in self.records:
            raise KeyError(f"unknown model {model_id!r}")
        return self.records[model_id]

    def get(self, model_id, record):
        with self.lock:
            if model_id in self.cache:
                self.cache.move_to_end(model_id)
                return self.cache[model_id], True
            mine, version, path = record.reading is None, record.version, record.path
            if mine:
                record.reading = Future()
            reading = record.reading
        if mine:
            self.fetch(model_id, record, reading, version, path)
        return reading.result(), False

    def fetch(self, model_id, record, reading, version, path):
        try:
            model = self.read(path)
            now = self.clock()
        except BaseException as error:
            with self.lock:
                if record.reading is reading:
                    record.reading = None
            reading.set_exception(error)
            return
        with self.lock:
            if record.version == version:
                record.reading = None
                self.put(model_id, model, now)
        reading.set_result(model)

    def put(self, model_id, model, now):
        if model_id not in self.cache and len(self.cache) >= self.size:
            self.evict_least_used_model()
        self.cache[model_id] = model
        self.cache.move_to_end(model_id)
        self.records[model_id].loaded_at = now

    def read(self, path):
        try:
            with open(path, "rb") as file:
                model = pickle.load(file)
        except (
            OSError,
            pickle.PickleError,
            EOFError,
            ImportError,
            AttributeError,
            LookupError,
            ValueError,
            TypeError,
            ArithmeticError,
            RuntimeError,
        ) as error:
            raise ValueError(f"cannot read {path}: {error!r}") from error
        if not callable(getattr(model, "predict", None)):
            raise ValueError(f"{path} holds no model")
        return model
