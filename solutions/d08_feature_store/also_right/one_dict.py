"""One dict of all values by (entity, name, version, event_time), and sorted times beside it: a correction is one assignment."""

import math
import time
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from threading import Lock

CHECKS = {
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
}


class FeatureStore:
    def __init__(self, clock=time.time):
        self._clock, self._lock = clock, Lock()
        self._known = {}
        self._times, self._values = defaultdict(list), {}
        self._now = self._from = -math.inf
        self._counts = Counter()

    def register(self, name, dtype, version=1, ttl_s=None):
        problems = {
            "name": not name or ":" in name,
            "dtype": dtype not in CHECKS,
            "version": not isinstance(version, int) or version < 1,
            "ttl_s": ttl_s is not None and not ttl_s > 0,
        }
        if any(problems.values()):
            raise ValueError(f"out of range: {[key for key, is_wrong in problems.items() if is_wrong]}")
        with self._lock:
            if self._known.setdefault((name, version), (dtype, ttl_s)) != (dtype, ttl_s):
                raise ValueError(f"{name}:{version} is registered otherwise")

    def _key(self, asked):
        found = [key for key in self._known if asked in (key[0], f"{key[0]}:{key[1]}")]
        if not found:
            raise KeyError(f"{asked} is not registered")
        return max(found, key=lambda key: key[1])

    def write(self, entity, name, value, event_time):
        with self._lock:
            key = self._key(name)
            dtype = self._known[key][0]
            if not CHECKS[dtype](value) or not abs(event_time) < math.inf:
                raise ValueError(f"cannot write {value!r} at {event_time!r} as {dtype}")
            series = entity, *key
            times = self._times[series]
            self._counts["writes"] += 1
            self._counts["late"] += any(event_time < last for last in times[-1:])
            if (*series, event_time) in self._values:
                self._counts["replaced"] += 1
            else:
                times.insert(bisect_left(times, event_time), event_time)
            self._values[(*series, event_time)] = float(value) if dtype == "float" else value

    def _at(self, entity, key, t):
        series = entity, *key
        times = self._times.get(series, [])
        place = bisect_right(times, t)
        before = times[max(place - 1, 0) : place]
        ttl_s = self._known[key][1]
        seen = [when for when in before if ttl_s is None or t - when <= ttl_s]
        return (*series, seen[0]) if seen else None

    def _row(self, entity, keys, t):
        return {name: self._values.get(self._at(entity, key, t)) for name, key in keys.items()}

    def get_online(self, entity, names):
        with self._lock:
            keys = {name: self._key(name) for name in names}
            self._now = max(self._now, self._clock())
            row = self._row(entity, keys, self._now)
            for value in row.values():
                self._counts["misses" if value is None else "hits"] += 1
            return row

    def get_historical(self, rows, names):
        with self._lock:
            keys = {name: self._key(name) for name in names}
            if not all(self._from <= t and abs(t) < math.inf for _, t in rows):
                raise ValueError(f"times must be finite, from {self._from} on")
            return [self._row(entity, keys, t) for entity, t in rows]

    def compact(self, before):
        with self._lock:
            self._now = max(self._now, self._clock())
            if before > self._now:
                raise ValueError(f"before must be at most {self._now}")
            count = len(self._values)
            for entity, name, version in list(self._times):
                series = entity, name, version
                seen = self._at(entity, (name, version), before)
                kept = [t for t in self._times[series] if t > before or (*series, t) == seen]
                for t in set(self._times[series]) - set(kept):
                    del self._values[(*series, t)]
                self._times[series] = kept
            self._from = max(self._from, before)
            return count - len(self._values)

    def stats(self):
        with self._lock:
            names = "writes", "late", "replaced", "hits", "misses"
            return {name: self._counts[name] for name in names} | {"values": len(self._values)}
