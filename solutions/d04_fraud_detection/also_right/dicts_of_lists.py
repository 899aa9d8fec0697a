"""As people write it: dicts by user, queues with sums beside them, a chain of ifs, scores rounded to hundredths."""

import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from threading import RLock


@dataclass(frozen=True)
class Transaction:
    transaction_id: str
    user_id: str
    amount: int
    location: tuple
    timestamp: float
    device_id: str

    def __post_init__(self):
        if not self.transaction_id or not self.user_id or not self.device_id:
            raise ValueError("ids must not be empty")
        if type(self.amount) is not int or self.amount < 1:
            raise ValueError(f"amount={self.amount}")
        lat, lon = self.location
        if not -90 <= lat <= 90 or not -180 <= lon <= 180:
            raise ValueError(f"location={self.location}")
        if math.isnan(self.timestamp) or math.isinf(self.timestamp):
            raise ValueError(f"timestamp={self.timestamp}")


@dataclass
class FraudDecision:
    transaction_id: str
    risk_score: float
    risk_level: str
    action: str
    reasons: list
    confidence: float


class FraudDetectionEngine:
    def __init__(self, clock=time.monotonic):
        self.clock = clock
        self.last_reading = None
        self.now = 0.0
        self.lock = RLock()
        self.decisions = {}  # oldest first
        self.queue = deque()  # (time, user) of all attempts
        self.attempts = defaultdict(deque)  # user -> (time, amount) of an hour
        self.minute = defaultdict(deque)  # user -> times of a minute
        self.hour_sum = defaultdict(int)
        self.approved = defaultdict(list)  # user -> [number, sum]
        self.last = {}
        self.devices = defaultdict(list)
        self.counters = {"processed": 0, "retries": 0, "approve": 0, "manual_review": 0, "decline": 0}

    def process_transaction(self, transaction):
        with self.lock:
            reading = self.clock()
            if self.last_reading is not None and reading > self.last_reading:
                self.now += reading - self.last_reading
            self.last_reading = reading
            self.forget()
            key, user = transaction.transaction_id, transaction.user_id
            if key in self.decisions:
                _, first, fields = self.decisions[key]
                if first != transaction:
                    raise ValueError(f"{key} was used before")
                self.counters["retries"] += 1
                return self.make(fields)
            self.queue.append((self.now, user))
            self.attempts[user].append((self.now, transaction.amount))
            self.hour_sum[user] += transaction.amount
            self.minute[user].append(self.now)
            while self.now - self.minute[user][0] >= 60:
                self.minute[user].popleft()

            reasons = self.get_reasons(transaction)
            score = round(min(1.0, sum(weight for _, weight, _, _ in reasons)), 2)
            if score >= 0.8:
                level, action = "critical", "decline"
            elif score >= 0.6:
                level, action = "high", "manual_review"
            elif score >= 0.3:
                level, action = "medium", "manual_review"
            else:
                level, action = "low", "approve"
            count, total = self.approved[user] or (0, 0)
            fields = (key, score, level, action, tuple(reasons), (count + 5) / (count + 10))
            if action == "approve":
                self.approved[user] = [count + 1, total + transaction.amount]
                self.last[user] = transaction
                devices = self.devices[user]
                if transaction.device_id in devices:
                    devices.remove(transaction.device_id)
                devices.append(transaction.device_id)
                self.devices[user] = devices[-10:]
            self.decisions[key] = (self.now, transaction, fields)
            self.counters["processed"] += 1
            self.counters[action] += 1
            return self.make(fields)

    def forget(self):
        while self.queue and self.now - self.queue[0][0] >= 3600:
            _, user = self.queue.popleft()
            _, amount = self.attempts[user].popleft()
            self.hour_sum[user] -= amount
            if not self.attempts[user]:
                del self.attempts[user], self.hour_sum[user]
                self.minute.pop(user, None)
        while self.decisions:
            oldest = next(iter(self.decisions))
            if self.now - self.decisions[oldest][0] < 86400:
                break
            del self.decisions[oldest]

    def get_reasons(self, transaction):
        user, amount = transaction.user_id, transaction.amount
        reasons = []
        if amount > 500_000:
            reasons.append(("large_amount", 0.2, amount, 500_000))
        count, total = self.approved[user] or (0, 0)
        if count >= 5 and amount * count > 4 * total:
            reasons.append(("unusual_amount", 0.3, amount, 4 * total / count))
        if len(self.minute[user]) > 5:
            reasons.append(("many_transactions", 0.3, len(self.minute[user]), 5))
        if self.hour_sum[user] > 1_000_000:
            reasons.append(("much_money", 0.25, self.hour_sum[user], 1_000_000))
        if user in self.last:
            last = self.last[user]
            possible = max(100, 900 * abs(transaction.timestamp - last.timestamp) / 3600)
            distance = haversine(*transaction.location, *last.location)
            if distance > possible:
                reasons.append(("impossible_travel", 0.5, distance, possible))
            if transaction.device_id not in self.devices[user]:
                reasons.append(("new_device", 0.1, 1, 0))
        return reasons

    def make(self, fields):
        key, score, level, action, reasons, confidence = fields
        names = ("rule", "weight", "value", "limit")
        return FraudDecision(key, score, level, action, [dict(zip(names, r, strict=True)) for r in reasons], confidence)

    def stats(self):
        with self.lock:
            return {**self.counters, "remembered": len(self.decisions), "in_windows": len(self.queue)}


def haversine(lat1, lon1, lat2, lon2):
    lat1, lon1, lat2, lon2 = (x * math.pi / 180 for x in (lat1, lon1, lat2, lon2))
    a = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * math.asin(min(1, math.sqrt(a)))
