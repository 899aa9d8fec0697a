"""Immutable snapshots that replace each other: readers take no lock, writers one; waiting is done on events."""

import heapq
import io
import itertools
import os
import pickle
import threading
import time
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np


class ModelInterface(ABC):
    @abstractmethod
    def predict(self, data): ...


class State(NamedTuple):
    path: str
    model: object = None
    loaded_at: float | None = None
    requests: int = 0
    errors: int = 0


class Reading:
    def __init__(self):
        self.done = threading.Event()
        self.model = None
        self.error = None


class ModelServingSystem:
    """The time of each use is noted; a heap, with entries that may be out of date, knows who was used longest ago."""

    def __init__(self, model_cache_size=100, clock=time.perf_counter):
        if model_cache_size <= 0:
            raise ValueError("model_cache_size must be positive")
        self.room = model_cache_size
        self.clock = clock
        self.writing = threading.Lock()
        self.states = {}
        self.windows = {}
        self.readings = {}
        self.used = {}
        self.heap = []
        self.turns = itertools.count()

    def load_model(self, model_id, model_path):
        path = os.fspath(model_path)
        model, now = fetch(path), self.clock()
        with self.writing:
            old = self.states.get(model_id, State(path))
            self.readings.pop(model_id, None)
            self._enter(model_id, old._replace(path=path), model, now)

    def predict(self, model_id, data):
        began = self.clock()
        if model_id not in self.states:
            raise KeyError(model_id, "is not known")
        try:
            model, hit = self._model(model_id)
            prediction = model.predict(data)
        except BaseException:
            with self.writing:
                state = self.states[model_id]
                self.states[model_id] = state._replace(requests=state.requests + 1, errors=state.errors + 1)
            raise
        latency = np.float64(self.clock() - began) * 1e3
        with self.writing:
            state = self.states[model_id]
            self.states[model_id] = state._replace(requests=state.requests + 1)
            window = self.windows.setdefault(model_id, [])
            window.append(latency)
            if len(window) > 2000:
                del window[:-1000]
        return {"prediction": prediction, "model_id": model_id, "latency_ms": latency, "cache_hit": hit}

    def get_model_info(self, model_id):
        with self.writing:
            state = self.states.get(model_id)
            window = self.windows.get(model_id, [])[-1000:]
        if state is None:
            raise KeyError(f"{model_id} is not known")
        p50, p95 = np.quantile(window, [0.5, 0.95]) if window else (None, None)
        return {
            "path": state.path,
            "loaded": state.model is not None,
            "loaded_at": state.loaded_at,
            "request_count": state.requests,
            "error_count": state.errors,
            "latency_p50_ms": p50,
            "latency_p95_ms": p95,
        }

    def evict_least_used_model(self):
        with self.writing:
            return self._leave()

    def _model(self, model_id):
        with self.writing:
            state = self.states[model_id]
            if state.model is not None:
                self._touch(model_id)
                return state.model, True
            reading = self.readings.get(model_id)
            if reading is None:
                mine = self.readings[model_id] = Reading()
        if reading is not None:
            reading.done.wait()
            if reading.error is not None:
                raise ValueError(str(reading.error))
            return reading.model, False
        now = None
        try:
            mine.model = fetch(state.path)
            now = self.clock()
        except Exception as error:
            mine.error = error
            raise
        finally:
            with self.writing:
                if self.readings.get(model_id) is mine:
                    del self.readings[model_id]
                    if mine.error is None:
                        self._enter(model_id, self.states[model_id], mine.model, now)
            mine.done.set()
        return mine.model, False

    def _enter(self, model_id, state, model, now):
        if model_id not in self.used and len(self.used) >= self.room:
            self._leave()
        self.states[model_id] = state._replace(model=model, loaded_at=now)
        self._touch(model_id)

    def _touch(self, model_id):
        turn = self.used[model_id] = next(self.turns)
        heapq.heappush(self.heap, (turn, model_id))
        if len(self.heap) > 4 * len(self.used) + 1000:
            self.heap = sorted((used, i) for i, used in self.used.items())

    def _leave(self):
        while self.heap:
            turn, model_id = heapq.heappop(self.heap)
            if self.used.get(model_id) == turn:
                del self.used[model_id]
                self.states[model_id] = self.states[model_id]._replace(model=None, loaded_at=None)
                return model_id
        return None


def fetch(path):
    try:
        with io.open_code(path) as file:
            model = pickle.Unpickler(file).load()
        if not callable(model.predict):
            raise TypeError("predict is not callable")  # noqa: TRY301
    except Exception as error:
        raise ValueError(f"{path}: {error}") from error
    return model
