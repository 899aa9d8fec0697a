"""Dicts in dicts, and a search by halving written out: no cleverness."""

import math
import threading
import time


class FeatureStore:
    def __init__(self, clock=time.time):
        self.clock = clock
        self.lock = threading.RLock()
        self.features = {}
        self.data = {}
        self.latest_clock = -math.inf
        self.kept_from = -math.inf
        self.counters = {"writes": 0, "late": 0, "replaced": 0, "hits": 0, "misses": 0}

    def register(self, name, dtype, version=1, ttl_s=None):
        if not isinstance(name, str) or name == "" or ":" in name:
            raise ValueError(f"bad name {name!r}")
        if dtype not in ("float", "int", "str", "bool"):
            raise ValueError(f"bad dtype {dtype!r}")
        if type(version) is not int or version < 1:
            raise ValueError(f"bad version {version!r}")
        if ttl_s is not None and ttl_s <= 0:
            raise ValueError(f"bad ttl_s {ttl_s!r}")
        with self.lock:
            versions = self.features.get(name, {})
            if version in versions and versions[version] != (dtype, ttl_s):
                raise ValueError(f"{name}:{version} is registered as {versions[version]}")
            versions[version] = (dtype, ttl_s)
            self.features[name] = versions

    def resolve(self, text):
        name = text.split(":")[0]
        if name not in self.features:
            raise KeyError(f"unknown feature {text!r}")
        if ":" not in text:
            return name, max(self.features[name])
        for version in self.features[name]:
            if text == f"{name}:{version}":
                return name, version
        raise KeyError(f"unknown version {text!r}")

    def write(self, entity, name, value, event_time):
        if math.isnan(event_time) or math.isinf(event_time):
            raise ValueError(f"bad event_time {event_time!r}")
        with self.lock:
            feature, version = self.resolve(name)
            dtype = self.features[feature][version][0]
            if dtype == "float":
                if isinstance(value, bool) or not isinstance(value, (int, float)):
                    raise ValueError(f"{value!r} is no float")
                value = float(value)
            elif type(value).__name__ != dtype:
                raise ValueError(f"{value!r} is no {dtype}")
            events = self.data.setdefault(entity, {}).setdefault((feature, version), [])
            self.counters["writes"] += 1
            place = self.count_until(events, event_time)
            if place < len(events):
                self.counters["late"] += 1
            if place > 0 and events[place - 1][0] == event_time:
                events[place - 1] = (event_time, value)
                self.counters["replaced"] += 1
            else:
                events.insert(place, (event_time, value))

    def count_until(self, events, when):
        low, high = 0, len(events)
        while low < high:
            middle = (low + high) // 2
            if events[middle][0] <= when:
                low = middle + 1
            else:
                high = middle
        return low

    def find(self, entity, names, when):
        answer = {}
        for name in names:
            feature, version = self.resolve(name)
            ttl_s = self.features[feature][version][1]
            events = self.data.get(entity, {}).get((feature, version), [])
            place = self.count_until(events, when)
            answer[name] = None
            if place > 0:
                event_time, value = events[place - 1]
                if ttl_s is None or when - event_time <= ttl_s:
                    answer[name] = value
        return answer

    def get_online(self, entity, names):
        with self.lock:
            for name in names:
                self.resolve(name)
            self.latest_clock = max(self.latest_clock, self.clock())
            answer = self.find(entity, names, self.latest_clock)
            for value in answer.values():
                if value is None:
                    self.counters["misses"] += 1
                else:
                    self.counters["hits"] += 1
            return answer

    def get_historical(self, rows, names):
        with self.lock:
            for name in names:
                self.resolve(name)
            answers = []
            for entity, when in rows:
                if math.isnan(when) or math.isinf(when):
                    raise ValueError(f"bad time {when!r}")
                if when < self.kept_from:
                    raise ValueError(f"{when!r} lies before {self.kept_from!r}")
                answers.append(self.find(entity, names, when))
            return answers

    def compact(self, before):
        with self.lock:
            self.latest_clock = max(self.latest_clock, self.clock())
            if before > self.latest_clock:
                raise ValueError(f"{before!r} is after now")
            dropped = 0
            for by_feature in self.data.values():
                for (feature, version), events in by_feature.items():
                    ttl_s = self.features[feature][version][1]
                    first = self.count_until(events, before)
                    if first > 0 and (ttl_s is None or before - events[first - 1][0] <= ttl_s):
                        first -= 1
                    dropped += first
                    by_feature[feature, version] = events[first:]
            self.kept_from = max(self.kept_from, before)
            return dropped

    def stats(self):
        with self.lock:
            values = 0
            for by_feature in self.data.values():
                for events in by_feature.values():
                    values += len(events)
            return {**self.counters, "values": values}
