"""Fractions for the ease, and a heap with entries that are dropped when they come up and are out of date."""

import heapq
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from threading import Lock


class SM2Scheduler:
    def __init__(self, clock=datetime.now, max_interval=36_500):
        if max_interval < 1:
            raise ValueError(f"max_interval={max_interval}")
        self._today = lambda: clock().date()
        self._longest, self._lock = max_interval, Lock()
        self._states, self._heap, self._numbers = {}, [], {}

    def _push(self, card):
        heapq.heappush(self._heap, (self._states[card]["due"], self._numbers[card], card))

    def _told(self, card):
        return self._states[card] | {"ease": float(self._states[card]["ease"])}

    def add(self, card):
        with self._lock:
            if card in self._states:
                raise ValueError(f"card {card!r} is not new")
            self._numbers[card] = len(self._numbers)
            counters = dict.fromkeys(("interval", "repetitions", "reviews", "practice", "lapses"), 0)
            self._states[card] = counters | {"ease": Fraction(5, 2), "due": self._today(), "last_review": None}
            self._push(card)
            return self._told(card)

    def review(self, card, quality):
        if not isinstance(quality, int) or not 0 <= quality <= 5:
            raise ValueError(f"quality {quality!r}")
        with self._lock:
            if card not in self._states:
                raise KeyError(f"card {card!r} was never added")
            old, today = self._states[card], self._today()
            if old["due"] > today:
                old["practice"] += 1
                return self._told(card)
            new = old | {"reviews": old["reviews"] + 1, "last_review": today}
            if quality <= 2:
                new |= {"repetitions": 0, "interval": 1, "lapses": old["lapses"] + bool(old["repetitions"])}
            else:
                grown = {0: 1, 1: 6}.get(old["repetitions"], ceil(old["interval"] * old["ease"]))
                missing = 5 - quality
                ease = old["ease"] + Fraction(10 - missing * (8 + 2 * missing), 100)
                new |= {"repetitions": old["repetitions"] + 1, "interval": min(grown, self._longest)}
                new["ease"] = max(ease, Fraction(13, 10))
            new["due"] = today + timedelta(new["interval"])
            self._states[card] = new
            self._push(card)
            return self._told(card)

    def due(self, limit=None):
        if limit is not None and limit < 0:
            raise ValueError(f"limit={limit}")
        with self._lock:
            today, found = self._today(), []
            while self._heap and self._heap[0][0] <= today and (limit is None or len(found) < limit):
                entry = heapq.heappop(self._heap)
                if self._states[entry[2]]["due"] == entry[0] and entry not in found[-1:]:
                    found.append(entry)
            for entry in found:
                heapq.heappush(self._heap, entry)
            return [card for _, _, card in found]

    def state(self, card):
        with self._lock:
            if card not in self._states:
                raise KeyError(f"card {card!r} was never added")
            return self._told(card)
