"""Running totals and bisection instead of counters, distances by vectors, fractions for the weights, one queue of old things."""

import heapq
import math
import time
from bisect import bisect_right
from collections import OrderedDict
from copy import deepcopy
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import count
from threading import Lock

import numpy as np


@dataclass(frozen=True)
class Transaction:
    transaction_id: str
    user_id: str
    amount: int
    location: tuple[float, float]
    timestamp: float
    device_id: str


@dataclass
class FraudDecision:
    transaction_id: str
    risk_score: float
    risk_level: str
    action: str
    reasons: list[dict]
    confidence: float


class Past:
    """Times of a user's attempts with running totals; what is before `begin` has left the windows."""

    def __init__(self):
        self.times, self.totals, self.begin, self.total = [], [0], 0, 0

    def add(self, now, amount):
        self.total += amount
        self.times.append(now)
        self.totals.append(self.total)

    def drop(self):
        self.begin += 1
        if self.begin > 32 and 2 * self.begin > len(self.times):
            del self.times[: self.begin], self.totals[: self.begin]
            self.begin = 0

    def since(self, time):
        """Number and sum of the attempts after a time."""
        at = bisect_right(self.times, time, lo=self.begin)
        return len(self.times) - at, self.total - self.totals[at]


class Person:
    def __init__(self):
        self.past, self.devices = Past(), OrderedDict()
        self.n = self.money = 0
        self.place = self.stamp = None


class FraudDetectionEngine:
    def __init__(self, clock=time.monotonic):
        self._clock, self._before, self._time, self._numbers = clock, None, 0.0, count()
        self._people, self._answers, self._ends, self._open = {}, {}, [], 0
        self._tally = OrderedDict.fromkeys(("processed", "retries", "approve", "manual_review", "decline"), 0)
        self._lock = Lock()

    def stats(self):
        with self._lock:
            return dict(self._tally, remembered=len(self._answers), in_windows=self._open)

    def process_transaction(self, transaction):
        tx, (latitude, longitude) = asdict(transaction), transaction.location
        if not all((transaction.transaction_id, transaction.user_id, transaction.device_id)):
            raise ValueError("an id is empty")
        if transaction.amount != int(transaction.amount) or transaction.amount < 1:
            raise ValueError(f"amount is {transaction.amount}")
        if not np.isfinite([latitude, longitude, transaction.timestamp]).all():
            raise ValueError("place and timestamp must be finite")
        if max(abs(latitude) / 90, abs(longitude) / 180) > 1:
            raise ValueError(f"no such place: {transaction.location}")
        with self._lock:
            now = self._go_on()
            if transaction.transaction_id in self._answers:
                known, answer = self._answers[transaction.transaction_id]
                if tx != known:
                    raise ValueError("the id is taken")
                self._tally["retries"] += 1
                return deepcopy(answer)
            person = self._people.setdefault(transaction.user_id, Person())
            person.past.add(now, transaction.amount)
            self._open += 1
            heapq.heappush(self._ends, (now + 3600, next(self._numbers), person.past, None))
            heapq.heappush(self._ends, (now + 86400, next(self._numbers), None, transaction.transaction_id))
            answer = self._judge(person, transaction, now)
            if answer.action == "approve":
                person.n, person.money = person.n + 1, person.money + transaction.amount
                person.place, person.stamp = transaction.location, transaction.timestamp
                person.devices[transaction.device_id] = True
                person.devices.move_to_end(transaction.device_id)
                while len(person.devices) > 10:
                    person.devices.popitem(last=False)
            self._answers[transaction.transaction_id] = tx, answer
            self._tally["processed"] += 1
            self._tally[answer.action] += 1
            return deepcopy(answer)

    def _go_on(self):
        reading = self._clock()
        self._time += 0 if self._before is None else max(0, reading - self._before)
        self._before = reading
        while self._ends and self._ends[0][0] <= self._time:
            _, _, past, name = heapq.heappop(self._ends)
            if name is None:
                past.drop()
                self._open -= 1
            else:
                del self._answers[name]
        return self._time

    @staticmethod
    def _judge(person, transaction, now):
        rules = [("large_amount", 20, transaction.amount, 500_000)]
        if person.n > 4:
            rules.append(("unusual_amount", 30, transaction.amount, float(Fraction(4 * person.money, person.n))))
        rules.append(("many_transactions", 30, person.past.since(now - 60)[0], 5))
        rules.append(("much_money", 25, person.past.since(now - 3600)[1], 1_000_000))
        if person.n:
            seconds = abs(Fraction(transaction.timestamp) - Fraction(person.stamp))
            km = 6371 * angle(vector(*transaction.location), vector(*person.place))
            rules.append(("impossible_travel", 50, km, max(100.0, float(seconds / 4))))
            rules.append(("new_device", 10, int(transaction.device_id not in person.devices), 0))
        fired = [rule for rule in rules if rule[2] > rule[3]]
        score = min(Fraction(sum(weight for _, weight, _, _ in fired), 100), 1)
        rank = sum(score >= Fraction(least, 10) for least in (3, 6, 8))
        return FraudDecision(
            transaction_id=transaction.transaction_id,
            risk_score=float(score),
            risk_level=("low", "medium", "high", "critical")[rank],
            action=("approve", "manual_review", "manual_review", "decline")[rank],
            reasons=[
                {"rule": name, "weight": w / 100, "value": value, "limit": most} for name, w, value, most in fired
            ],
            confidence=float(Fraction(person.n + 5, person.n + 10)),
        )


def vector(latitude, longitude):
    latitude, longitude = np.radians([latitude, longitude])
    flat = np.cos(latitude)
    return np.array([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])


def angle(a, b):
    return 2 * math.atan2(np.linalg.norm(a - b), np.linalg.norm(a + b))
