"""One condition variable, entries with a state, a plain dict in order of use, and a ring of latencies."""

import os
import pickle
import threading
import time
from abc import ABC, abstractmethod


class ModelInterface(ABC):
    @abstractmethod
    def predict(self, data): ...


class Ring:
    def __init__(self, size=1000):
        self.values, self.size, self.next = [], size, 0

    def add(self, value):
        if len(self.values) < self.size:
            self.values.append(value)
        else:
            self.values[self.next] = value
        self.next = (self.next + 1) % self.size

    def percentile(self, percent):
        if not self.values:
            return None
        ordered = sorted(self.values)
        place = percent / 100 * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])


class Slot:
    def __init__(self):
        self.path = ""
        self.model = None
        self.loaded_at = None
        self.epoch = 0
        self.reading = False
        self.failures = 0
        self.requests = 0
        self.errors = 0
        self.latencies = Ring()


class ModelServingSystem:
    def __init__(self, model_cache_size=100, clock=time.perf_counter):
        if model_cache_size < 1:
            raise ValueError(f"model_cache_size must be at least 1, got {model_cache_size}")
        self.size = model_cache_size
        self.clock = clock
        self.changed = threading.Condition()
        self.slots = {}
        self.order = {}

    def load_model(self, model_id, model_path):
        path = os.fspath(model_path)
        model = self._read(path)
        with self.changed:
            slot = self.slots.setdefault(model_id, Slot())
            slot.path = path
            slot.epoch += 1
            slot.reading = False
            self._place(model_id, slot, model)
            self.changed.notify_all()

    def predict(self, model_id, data):
        began = self.clock()
        with self.changed:
            slot = self._slot(model_id)
        well = False
        try:
            model, hit = self._get(model_id, slot)
            prediction = model.predict(data)
            well = True
        finally:
            ended = self.clock()
            with self.changed:
                slot.requests += 1
                if well:
                    slot.latencies.add((ended - began) * 1000.0)
                else:
                    slot.errors += 1
        return {
            "cache_hit": hit,
            "latency_ms": (ended - began) * 1000.0,
            "model_id": model_id,
            "prediction": prediction,
        }

    def get_model_info(self, model_id):
        with self.changed:
            slot = self._slot(model_id)
            return {
                "path": slot.path,
                "loaded": slot.model is not None,
                "loaded_at": slot.loaded_at,
                "request_count": slot.requests,
                "error_count": slot.errors,
                "latency_p50_ms": slot.latencies.percentile(50),
                "latency_p95_ms": slot.latencies.percentile(95),
            }

    def evict_least_used_model(self):
        with self.changed:
            return self._drop_oldest() if self.order else None

    def _slot(self, model_id):
        if model_id not in self.slots:
            raise KeyError(f"unknown model {model_id!r}")
        return self.slots[model_id]

    def _get(self, model_id, slot):
        with self.changed:
            hit = slot.model is not None
            failures = slot.failures
            while slot.model is None and slot.reading:
                self.changed.wait()
                if slot.failures != failures:
                    raise ValueError(f"another request could not read {slot.path}")
            if slot.model is not None:
                self.order[model_id] = self.order.pop(model_id)
                return slot.model, hit
            slot.reading = True
            path, epoch = slot.path, slot.epoch
        model = None
        try:
            model = self._read(path)
        finally:
            with self.changed:
                if slot.epoch == epoch:
                    slot.reading = False
                    if model is None:
                        slot.failures += 1
                    else:
                        self._place(model_id, slot, model)
                self.changed.notify_all()
        return model, False

    def _place(self, model_id, slot, model):
        if slot.model is None and len(self.order) == self.size:
            self._drop_oldest()
        self.order.pop(model_id, None)
        self.order[model_id] = None
        slot.model = model
        slot.loaded_at = self.clock()

    def _drop_oldest(self):
        model_id = next(iter(self.order))
        del self.order[model_id]
        self.slots[model_id].model = self.slots[model_id].loaded_at = None
        return model_id

    @staticmethod
    def _read(path):
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                model = pickle.load(file)
        except Exception as error:
            raise ValueError(f"cannot read a model from {path}: {error!r}") from error
        if not callable(getattr(model, "predict", None)):
            raise ValueError(f"{path} holds no model")  # noqa: TRY004
        return model
