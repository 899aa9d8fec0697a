"""As people write it: a dict per card, floats that are rounded, and for each day a list of the cards that fall due."""

import bisect
import math
import threading
from datetime import datetime, timedelta


class SM2Scheduler:
    def __init__(self, clock=datetime.now, max_interval=36500):
        if max_interval <= 0:
            raise ValueError("max_interval must be positive")
        self.clock = clock
        self.max_interval = max_interval
        self.cards = {}
        self.order = {}
        self.names = []
        self.days = {}
        self.lock = threading.RLock()

    def add(self, card):
        with self.lock:
            if card in self.cards:
                raise ValueError(f"{card!r} is there already")
            today = self.clock().date()
            self.cards[card] = {
                "ease": 2.5,
                "interval": 0,
                "repetitions": 0,
                "due": today,
                "last_review": None,
                "reviews": 0,
                "practice": 0,
                "lapses": 0,
            }
            self.order[card] = len(self.names)
            self.names.append(card)
            bisect.insort(self.days.setdefault(today, []), self.order[card])
            return dict(self.cards[card])

    def review(self, card, quality):
        if quality not in (0, 1, 2, 3, 4, 5):
            raise ValueError(f"{quality!r} is no quality from 0 to 5")
        with self.lock:
            if card not in self.cards:
                raise KeyError(f"no card {card!r}")
            info = self.cards[card]
            today = self.clock().date()
            if today < info["due"]:
                info["practice"] += 1
                return dict(info)
            bucket = self.days[info["due"]]
            bucket.pop(bisect.bisect_left(bucket, self.order[card]))
            if not bucket:
                del self.days[info["due"]]
            if quality >= 3:
                if info["repetitions"] == 0:
                    interval = 1
                elif info["repetitions"] == 1:
                    interval = 6
                else:
                    interval = math.ceil(round(info["interval"] * info["ease"], 4))
                info["repetitions"] += 1
                change = 0.1 - (5 - quality) * (0.08 + (5 - quality) * 0.02)
                info["ease"] = round(max(1.3, info["ease"] + change), 2)
            else:
                if info["repetitions"] > 0:
                    info["lapses"] += 1
                info["repetitions"] = 0
                interval = 1
            info["interval"] = min(interval, self.max_interval)
            info["reviews"] += 1
            info["last_review"] = today
            info["due"] = today + timedelta(days=info["interval"])
            bisect.insort(self.days.setdefault(info["due"], []), self.order[card])
            return dict(info)

    def due(self, limit=None):
        if limit is not None and limit < 0:
            raise ValueError("limit must not be negative")
        with self.lock:
            today = self.clock().date()
            found = []
            for day in sorted(self.days):
                if day > today or (limit is not None and len(found) >= limit):
                    break
                numbers = self.days[day] if limit is None else self.days[day][: limit - len(found)]
                found += [self.names[number] for number in numbers]
            return found

    def state(self, card):
        with self.lock:
            if card not in self.cards:
                raise KeyError(f"no card {card!r}")
            return dict(self.cards[card])
