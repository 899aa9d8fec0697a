"""Decide about card payments by rules that can be explained."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


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


class FraudDetectionEngine:
    """Score transactions by weighted rules. Methods may be called from several threads.

    Args:
        clock: tells the time in seconds; when it goes back, no time has passed.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        raise NotImplementedError

    def process_transaction(self, transaction: Transaction) -> FraudDecision:
        """Decide about a transaction; a retry within 24 hours gets the decision that its id was given.

        Raises:
            ValueError: a field is out of range, or the id was used for another transaction.
        """
        raise NotImplementedError

    def stats(self) -> dict[str, int]:
        """Return a new dict: processed, retries, approve, manual_review, decline, remembered, in_windows."""
        raise NotImplementedError
