"""A feature store: the values of now for a model, and those of any moment of the past for its training: the reference."""

from __future__ import annotations

import math
import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Value = float | int | str | bool
Feature = tuple[str, int]
"""Name and version."""
TYPES: dict[str, type] = {"float": float, "int": int, "str": str, "bool": bool}


@dataclass(frozen=True)
class _Schema:
    dtype: str
    ttl_s: float | None


@dataclass
class _Series:
    """The values of one feature of one entity, sorted by the time of the event."""

    times: list[float] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def seen_at(self, now: float, ttl_s: float | None) -> int | None:
        """The place of the value that holds at `now`."""
        place = bisect_right(self.times, now) - 1
        if place < 0 or (ttl_s is not None and now - self.times[place] > ttl_s):
            return None
        return place


class FeatureStore:
    """Keep the values of features by the time of the event. Methods may be called from several threads.

    Args:
        clock: tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._schemas: dict[str, dict[int, _Schema]] = {}
        self._series: dict[tuple[str | int, Feature], _Series] = {}
        self._now = self._horizon = -math.inf
        self._counts = dict.fromkeys(("writes", "late", "replaced", "hits", "misses", "values"), 0)

    def register(self, name: str, dtype: str, version: int = 1, ttl_s: float | None = None) -> None:
        """Make a version of a feature known; raise `ValueError` for bad arguments, or if it is known as another."""
        if not name or ":" in name:
            raise ValueError(f"name must be a non-empty string without ':', got {name!r}")
        if dtype not in TYPES:
            raise ValueError(f"dtype must be one of {', '.join(TYPES)}, got {dtype!r}")
        if not isinstance(version, int) or version < 1:
            raise ValueError(f"version must be an integer, 1 or more, got {version!r}")
        if ttl_s is not None and not ttl_s > 0:
            raise ValueError(f"ttl_s must be None or above 0, got {ttl_s!r}")
        schema = _Schema(dtype, ttl_s)
        with self._lock:
            known = self._schemas.setdefault(name, {}).setdefault(version, schema)
        if known != schema:
            raise ValueError(f"version must be new, got {version} of {name!r}, which is registered as {known}")

    def write(self, entity: str | int, name: str, value: Value, event_time: float) -> None:
        """Store a value from `event_time` on; raise `KeyError` for an unknown feature, `ValueError` for a bad value."""
        if not math.isfinite(event_time):
            raise ValueError(f"event_time must be finite, got {event_time!r}")
        with self._lock:
            feature, schema = self._find(name)
            value = _converted(value, schema.dtype)
            series = self._series.setdefault((entity, feature), _Series())
            place = bisect_left(series.times, event_time)
            self._counts["writes"] += 1
            self._counts["late"] += bool(series.times) and event_time < series.times[-1]
            if place < len(series.times) and series.times[place] == event_time:
                series.values[place] = value
                self._counts["replaced"] += 1
            else:
                series.times.insert(place, event_time)
                series.values.insert(place, value)
                self._counts["values"] += 1

    def get_online(self, entity: str | int, names: Sequence[str]) -> dict[str, Value | None]:
        """Return the values as of now, `None` where there is none; raise `KeyError` for names that are not registered."""
        with self._lock:
            found = {name: self._find(name) for name in names}
            now = self._ask_clock()
            values = {name: self._as_of(entity, *known, now) for name, known in found.items()}
            missing = sum(value is None for value in values.values())
            self._counts["misses"] += missing
            self._counts["hits"] += len(values) - missing
            return values

    def get_historical(
        self, rows: Sequence[tuple[str | int, float]], names: Sequence[str]
    ) -> list[dict[str, Value | None]]:
        """Return the values of each (entity, time) as of that time; `ValueError` for times that `compact` has not kept."""
        with self._lock:
            found = {name: self._find(name) for name in names}
            for _, row_time in rows:
                if not math.isfinite(row_time) or row_time < self._horizon:
                    raise ValueError(f"time must be finite and at least {self._horizon}, got {row_time!r}")
            return [
                {name: self._as_of(entity, *known, row_time) for name, known in found.items()}
                for entity, row_time in rows
            ]

    def compact(self, before: float) -> int:
        """Forget what cannot be seen from `before` on; return the number of values. `ValueError` when it is after now."""
        with self._lock:
            if not before <= self._ask_clock():
                raise ValueError(f"before must be at most {self._now}, which is now, got {before!r}")
            dropped = 0
            for key, series in list(self._series.items()):
                name, version = key[1]
                end = bisect_right(series.times, before)
                seen = series.seen_at(before, self._schemas[name][version].ttl_s)
                first = end if seen is None else seen
                del series.times[:first], series.values[:first]
                dropped += first
                if not series.times:
                    del self._series[key]
            self._horizon = max(self._horizon, before)
            self._counts["values"] -= dropped
            return dropped

    def stats(self) -> dict[str, int]:
        """Return a new dict with writes, late, replaced, hits, misses, values."""
        with self._lock:
            return dict(self._counts)

    def _find(self, reference: str) -> tuple[Feature, _Schema]:
        """The feature that "clicks" or "clicks:1" means."""
        name, colon, number = reference.partition(":")
        versions = self._schemas.get(name, {})
        version = int(number) if number.isdecimal() else 0 if colon else max(versions, default=0)
        if version not in versions:
            raise KeyError(f"name must be registered, got {reference!r}")
        return (name, version), versions[version]

    def _as_of(self, entity: str | int, feature: Feature, schema: _Schema, at: float) -> Value | None:
        series = self._series.get((entity, feature))
        place = series.seen_at(at, schema.ttl_s) if series else None
        return None if series is None or place is None else series.values[place]

    def _ask_clock(self) -> float:
        self._now = max(self._now, self._clock())
        return self._now


def _converted(value: Value, dtype: str) -> Value:
    """The value as it is stored, or a `ValueError`."""
    allowed = (int, float) if dtype == "float" else TYPES[dtype]
    if not isinstance(value, allowed) or (isinstance(value, bool) and dtype != "bool"):
        raise ValueError(f"value must be of dtype {dtype}, got {value!r}")
    return float(value) if dtype == "float" else value
