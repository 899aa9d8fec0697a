"""Decide about card payments by rules that can be explained: the reference."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

WEIGHTS = {  # in hundredths, so that sums are exact
    "large_amount": 20,
    "unusual_amount": 30,
    "many_transactions": 30,
    "much_money": 25,
    "impossible_travel": 50,
    "new_device": 10,
}
LEVELS = ((80, "critical", "decline"), (60, "high", "manual_review"), (30, "medium", "manual_review"))
SHORT_S, LONG_S, REMEMBER_S = 60.0, 3600.0, 86_400.0
LARGE_AMOUNT, MANY, MUCH_MONEY = 500_000, 5, 1_000_000
UNUSUAL_FACTOR, UNUSUAL_MIN_HISTORY = 4, 5
NEAR_KM, MAX_KM_PER_H, EARTH_RADIUS_KM = 100.0, 900.0, 6371.0
KNOWN_DEVICES = 10


@dataclass(frozen=True)
class Transaction:
    """A payment that asks for a decision."""

    transaction_id: str
    user_id: str
    amount: int  # in cents
    location: tuple[float, float]  # latitude and longitude in degrees
    timestamp: float  # when it happened, in seconds, as the terminal says
    device_id: str


@dataclass
class FraudDecision:
    """What was decided about a transaction, and why."""

    transaction_id: str
    risk_score: float
    risk_level: str  # "low", "medium", "high" or "critical"
    action: str  # "approve", "manual_review" or "decline"
    reasons: list[dict[str, Any]]  # one for each rule that fires: rule, weight, value, limit
    confidence: float


@dataclass(slots=True)
class _User:
    """What is kept of a user: sums over the windows, and a summary of the approved transactions."""

    attempts: int = 0
    money: int = 0
    approved: int = 0
    approved_amount: int = 0
    last_approved: Transaction | None = None
    devices: dict[str, None] = field(default_factory=dict)
    """The known ones, the one used longest ago first."""


class FraudDetectionEngine:
    """Score transactions by weighted rules. Methods may be called from several threads.

    Args:
        clock: tells the time in seconds; when it goes back, no time has passed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reading: float | None = None
        self._now = 0.0
        self._users: dict[str, _User] = {}
        # Attempts of all users and decisions, in the order of time: what is old is at the left.
        self._short: deque[tuple[float, _User]] = deque()
        self._long: deque[tuple[float, _User, int]] = deque()
        self._decided: dict[str, tuple[Transaction, FraudDecision]] = {}
        self._decided_at: deque[tuple[float, str]] = deque()
        self._counts = dict.fromkeys(("processed", "retries", "approve", "manual_review", "decline"), 0)
        self._lock = threading.Lock()

    def process_transaction(self, transaction: Transaction) -> FraudDecision:
        """Decide about a transaction; a retry within 24 hours gets the decision that its id was given.

        Raises `ValueError` for a field out of range, or an id that was used for another transaction.
        """
        _check(transaction)
        with self._lock:
            self._move_time()
            self._drop_old()
            if transaction.transaction_id in self._decided:
                first, decision = self._decided[transaction.transaction_id]
                if transaction != first:
                    raise ValueError(f"transaction_id must be new, got {first.transaction_id!r} with other fields")
                self._counts["retries"] += 1
                return _copy(decision)
            user = self._users.setdefault(transaction.user_id, _User())
            self._enter_windows(user, transaction.amount)
            decision = self._decide(user, transaction)
            if decision.action == "approve":
                _learn(user, transaction)
            self._decided[transaction.transaction_id] = transaction, decision
            self._decided_at.append((self._now, transaction.transaction_id))
            self._counts["processed"] += 1
            self._counts[decision.action] += 1
            return _copy(decision)

    def stats(self) -> dict[str, int]:
        """Return a new dict: processed, retries, approve, manual_review, decline, remembered, in_windows."""
        with self._lock:
            return self._counts | {"remembered": len(self._decided), "in_windows": len(self._long)}

    def _move_time(self) -> None:
        reading = self._clock()
        if self._reading is not None:
            self._now += max(reading - self._reading, 0.0)
        self._reading = reading

    def _drop_old(self) -> None:
        while self._short and self._now - self._short[0][0] >= SHORT_S:
            _, user = self._short.popleft()
            user.attempts -= 1
        while self._long and self._now - self._long[0][0] >= LONG_S:
            _, user, amount = self._long.popleft()
            user.money -= amount
        while self._decided_at and self._now - self._decided_at[0][0] >= REMEMBER_S:
            _, transaction_id = self._decided_at.popleft()
            del self._decided[transaction_id]

    def _enter_windows(self, user: _User, amount: int) -> None:
        self._short.append((self._now, user))
        self._long.append((self._now, user, amount))
        user.attempts += 1
        user.money += amount

    def _decide(self, user: _User, transaction: Transaction) -> FraudDecision:
        reasons: list[dict[str, Any]] = [
            {"rule": rule, "weight": WEIGHTS[rule] / 100, "value": value, "limit": limit}
            for rule, value, limit in _measure(user, transaction)
            if value > limit
        ]
        score = min(sum(WEIGHTS[reason["rule"]] for reason in reasons), 100)
        level, action = next(((level, action) for least, level, action in LEVELS if score >= least), ("low", "approve"))
        confidence = (user.approved + 5) / (user.approved + 10)
        return FraudDecision(transaction.transaction_id, score / 100, level, action, reasons, confidence)


def _measure(user: _User, transaction: Transaction) -> Iterator[tuple[str, float, float]]:
    """Yield rule, value and limit, for each rule that the user's history is long enough for."""
    yield "large_amount", transaction.amount, LARGE_AMOUNT
    if user.approved >= UNUSUAL_MIN_HISTORY:
        yield "unusual_amount", transaction.amount, UNUSUAL_FACTOR * user.approved_amount / user.approved
    yield "many_transactions", user.attempts, MANY
    yield "much_money", user.money, MUCH_MONEY
    if user.last_approved is not None:
        hours = abs(transaction.timestamp - user.last_approved.timestamp) / 3600
        distance = _distance_km(transaction.location, user.last_approved.location)
        yield "impossible_travel", distance, max(NEAR_KM, MAX_KM_PER_H * hours)
        yield "new_device", int(transaction.device_id not in user.devices), 0


def _learn(user: _User, transaction: Transaction) -> None:
    """Make an approved transaction part of the user's history."""
    user.approved += 1
    user.approved_amount += transaction.amount
    user.last_approved = transaction
    user.devices.pop(transaction.device_id, None)
    user.devices[transaction.device_id] = None
    if len(user.devices) > KNOWN_DEVICES:
        del user.devices[next(iter(user.devices))]


def _distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance, by the haversine formula."""
    (lat_a, lon_a), (lat_b, lon_b) = (map(math.radians, place) for place in (a, b))
    chord = math.sin((lat_a - lat_b) / 2) ** 2
    chord += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_a - lon_b) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(chord, 1.0)))


def _check(transaction: Transaction) -> None:
    """Raise `ValueError` for a field out of range. NaN is in no range."""
    for name in ("transaction_id", "user_id", "device_id"):
        if not getattr(transaction, name):
            raise ValueError(f"{name} must not be empty")
    if not isinstance(transaction.amount, int) or transaction.amount <= 0:
        raise ValueError(f"amount must be an integer above 0, got {transaction.amount!r}")
    latitude, longitude = transaction.location
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError(f"location must be within 90 and 180 degrees, got {transaction.location}")
    if not math.isfinite(transaction.timestamp):
        raise ValueError(f"timestamp must be finite, got {transaction.timestamp}")


def _copy(decision: FraudDecision) -> FraudDecision:
    """A decision that shares nothing with the one that is kept."""
    return replace(decision, reasons=[dict(reason) for reason in decision.reasons])
