"""Wakes those who wait for a read that failed, and takes its mark away after that: who asks again between joins it.

Caught by: test_a_request_after_one_that_failed_reads_the_file_at_any_step_of_another
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
        self.path, self.reading = None, None
        self.requests, self.errors, self.latencies = 0, 0, deque(maxlen=1000)


class ModelServingSystem:
    def __init__(self, model_cache_size=100, clock=time.perf_counter):
        if model_cache_size < 1:
            raise ValueError("model_cache_size must be at least 1")
        self.size, self.clock, self.lock = model_cache_size, clock, threading.Lock()
        self.records, self.cache = {}, OrderedDict()

    def load_model(self, model_id, model_path):
        path = os.fspath(model_path)
        model, now = self.read(path)
        with self.lock:
            record = self.records.setdefault(model_id, Record())
            record.path, record.reading = path, None
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
            model, loaded_at = self.cache.get(model_id, (None, None))
            path, requests, errors, latencies = record.path, record.requests, record.errors, list(record.latencies)
        p50, p95 = np.percentile(latencies, [50, 95]).tolist() if latencies else (None, None)
        return {
            "path": path,
            "loaded": loaded_at is not None,
            "loaded_at": loaded_at,
            "request_count": requests,
            "error_count": errors,
            "latency_p50_ms": p50,
            "latency_p95_ms": p95,
        }

    def evict_least_used_model(self):
        with self.lock:
            return self.cache.popitem(last=False)[0] if self.cache else None

    def record(self, model_id):
        if model_id not in self.records:
            raise KeyError(f"unknown model {model_id!r}")
        return self.records[model_id]

    def get(self, model_id, record):
        with self.lock:
            if model_id in self.cache:
                self.cache.move_to_end(model_id)
                return self.cache[model_id][0], True
            mine, path = record.reading is None, record.path
            if mine:
                record.reading = Future()
            reading = record.reading
        if mine:
            try:
                model, now = self.read(path)
            except BaseException as error:
                reading.set_exception(error)
                with self.lock:
                    if record.reading is reading:
                        record.reading = None
                raise
            with self.lock:
                if record.reading is reading:
                    record.reading = None
                    self.put(model_id, model, now)
            reading.set_result(model)
        return reading.result(), False

    def put(self, model_id, model, now):
        if model_id not in self.cache and len(self.cache) >= self.size:
            self.cache.popitem(last=False)
        self.cache[model_id] = model, now
        self.cache.move_to_end(model_id)

    def read(self, path):
        try:
            with open(path, "rb") as file:
                model = pickle.load(file)
        except Exception as error:
            raise ValueError(f"cannot read {path}: {error!r}") from error
        if not callable(getattr(model, "predict", None)):
            raise ValueError(f"{path} holds no model")
        return model, self.clock()
