"""Serve pickled models to many threads, from a cache of bounded size: the reference."""

from __future__ import annotations

import os
import pickle
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

LATENCIES_KEPT = 1_000
"""How many latencies of a model count for its percentiles; more would grow without bound."""


class ModelInterface(ABC):
    """What a model offers."""

    @abstractmethod
    def predict(self, data: Any) -> Any:
        """Return the prediction for `data`."""


class _Predicts(Protocol):
    """Anything with a `predict`, whatever it inherits from."""

    def predict(self, data: Any) -> Any: ...


@dataclass
class _Record:
    """What is known of a model, in the cache or not."""

    path: str
    version: int = 0
    """Goes up with each `load_model`, so that a read that began earlier can tell that it is out of date."""
    loaded_at: float | None = None
    request_count: int = 0
    error_count: int = 0
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    reading: Future[_Predicts] | None = None
    """The read that is under way for a request, if any."""


class ModelServingSystem:
    """A cache of at most `model_cache_size` models that answers requests, safe to use from any number of threads.

    One lock guards all state. It is held for a few dict operations at a time, never while a file is read, a model
    predicts or the clock is asked.
    """

    def __init__(self, model_cache_size: int = 100, clock: Callable[[], float] = time.perf_counter) -> None:
        if model_cache_size < 1:
            raise ValueError(f"model_cache_size must be at least 1, got {model_cache_size}")
        self._size = model_cache_size
        self._clock = clock
        self._lock = threading.Lock()
        self._records: dict[str, _Record] = {}
        self._cache: OrderedDict[str, _Predicts] = OrderedDict()
        """From least to most recently used."""

    def load_model(self, model_id: str, model_path: str | os.PathLike[str]) -> None:
        """Read the pickled model in `model_path` into the cache and remember the path under `model_id`.

        Raises `ValueError` when the file cannot be read or holds no model; everything stays as it was.
        """
        path = os.fspath(model_path)
        model = _read_model(path)
        loaded_at = self._clock()
        with self._lock:
            record = self._records.setdefault(model_id, _Record(path))
            record.path = path
            record.version += 1
            record.reading = None  # a read of the old file goes on for those who wait for it, and for nobody else
            self._admit(model_id, model, loaded_at)

    def predict(self, model_id: str, data: Any) -> dict[str, Any]:
        """Answer a request; reads the model again when it was evicted.

        Raises `KeyError` for an unknown id, `ValueError` when the model cannot be read again, and whatever the
        model raises.
        """
        started = self._clock()
        with self._lock:
            record = self._record(model_id)
        try:
            model, cache_hit = self._model(model_id, record)
            prediction = model.predict(data)
        except BaseException:
            with self._lock:
                record.request_count += 1
                record.error_count += 1
            raise
        latency_ms = (self._clock() - started) * 1_000
        with self._lock:
            record.request_count += 1
            record.latencies_ms.append(latency_ms)
        return {"prediction": prediction, "model_id": model_id, "latency_ms": latency_ms, "cache_hit": cache_hit}

    def get_model_info(self, model_id: str) -> dict[str, Any]:
        """Report on a model: a new dict, not a use. Raises `KeyError` for an unknown id."""
        with self._lock:
            record = self._record(model_id)
            info: dict[str, Any] = {
                "path": record.path,
                "loaded": model_id in self._cache,
                "loaded_at": record.loaded_at,
                "request_count": record.request_count,
                "error_count": record.error_count,
            }
            latencies_ms = list(record.latencies_ms)
        # Sorting a thousand numbers is work for after the lock.
        p50, p95 = np.percentile(latencies_ms, (50, 95)).tolist() if latencies_ms else (None, None)
        return {**info, "latency_p50_ms": p50, "latency_p95_ms": p95}

    def evict_least_used_model(self) -> str | None:
        """Take the least recently used model out of the cache and return its id; None when the cache is empty."""
        with self._lock:
            return self._evict() if self._cache else None

    def _record(self, model_id: str) -> _Record:
        """The record of a known id. The lock is held."""
        try:
            return self._records[model_id]
        except KeyError:
            raise KeyError(f"no model {model_id!r} was loaded") from None

    def _model(self, model_id: str, record: _Record) -> tuple[_Predicts, bool]:
        """The model, and whether it was in the cache; the first who misses it reads it, the others wait for that."""
        with self._lock:
            if model_id in self._cache:
                self._cache.move_to_end(model_id)
                return self._cache[model_id], True
            reading = record.reading
            mine = reading is None
            if reading is None:
                reading = record.reading = Future()
            path, version = record.path, record.version
        if mine:
            self._read_again(model_id, record, reading, path, version)
        return reading.result(), False

    def _read_again(self, model_id: str, record: _Record, reading: Future[_Predicts], path: str, version: int) -> None:
        """Read an evicted model into the cache and settle `reading`, one way or the other."""
        try:
            model = _read_model(path)
            loaded_at = self._clock()
        except BaseException as error:
            with self._lock:
                if record.version == version:
                    record.reading = None
            reading.set_exception(error)
            return
        with self._lock:
            if record.version == version:
                record.reading = None
                self._admit(model_id, model, loaded_at)
        reading.set_result(model)

    def _admit(self, model_id: str, model: _Predicts, loaded_at: float) -> None:
        """Put a model into the cache as the most recently used. The lock is held, so nobody sees it half done."""
        if model_id not in self._cache and len(self._cache) >= self._size:
            self._evict()
        self._cache[model_id] = model
        self._cache.move_to_end(model_id)
        self._records[model_id].loaded_at = loaded_at

    def _evict(self) -> str:
        """Drop the least recently used model. The lock is held and the cache is not empty."""
        model_id, _ = self._cache.popitem(last=False)
        self._records[model_id].loaded_at = None
        return model_id


def _read_model(path: str) -> _Predicts:
    """The model in a pickle file; `ValueError` when there is none."""
    try:
        with Path(path).open("rb") as file:
            model = pickle.load(file)
    except Exception as error:  # unpickling runs the model's own code, which may raise anything
        raise ValueError(f"no model can be read from {path}: {type(error).__name__}: {error}") from error
    if not callable(getattr(model, "predict", None)):
        # The caller gave a bad file, not an argument of the wrong type.
        raise ValueError(f"{path} holds a {type(model).__name__}, expected an object with a callable predict")  # noqa: TRY004
    return model  # type: ignore[no-any-return]
