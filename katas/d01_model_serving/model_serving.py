"""Serve pickled models to many threads, from a cache of bounded size."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any


class ModelInterface:
    """What a model offers. Abstract, so instantiating it is a `TypeError`: make it so."""

    def predict(self, data: Any) -> Any:
        """Return the prediction for `data`."""
        raise NotImplementedError


class ModelServingSystem:
    """A cache of at most `model_cache_size` models that answers requests, safe to use from any number of threads.

    `clock` gives seconds, and is the only source of time. A `model_cache_size` below 1 is a `ValueError`.
    """

    def __init__(self, model_cache_size: int = 100, clock: Callable[[], float] = time.perf_counter) -> None:
        raise NotImplementedError

    def load_model(self, model_id: str, model_path: str | os.PathLike[str]) -> None:
        """Read the pickled model in `model_path` into the cache and remember the path under `model_id`.

        Raises:
            ValueError: the file cannot be read, or holds no model; everything stays as it was.
        """
        raise NotImplementedError

    def predict(self, model_id: str, data: Any) -> dict[str, Any]:
        """Return `prediction`, `model_id`, `latency_ms` (float) and `cache_hit` (bool); reads an evicted model again.

        Raises:
            KeyError: no model of that id was ever loaded.
            ValueError: the model had to be read again, and its file no longer holds a model.
            Exception: whatever the model raised.
        """
        raise NotImplementedError

    def get_model_info(self, model_id: str) -> dict[str, Any]:
        """Return `path` (str), `loaded` (bool), `loaded_at` (seconds or None), `request_count`, `error_count`,
        `latency_p50_ms` and `latency_p95_ms` (float, or None without a successful request) in a new dict.

        Raises:
            KeyError: no model of that id was ever loaded.
        """
        raise NotImplementedError

    def evict_least_used_model(self) -> str | None:
        """Take the least recently used model out of the cache and return its id; None when the cache is empty."""
        raise NotImplementedError
