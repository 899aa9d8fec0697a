"""Payments, a clock and scripts of both, which run where the engine is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import fraud_detection as kata

START = 1024.0
FIELDS = {
    "transaction_id": "t0",
    "user_id": "ada",
    "amount": 1000,
    "location": (52.52, 13.405),
    "timestamp": 0.0,
    "device_id": "phone",
}
Step = float | dict[str, Any]
"""Seconds by which the clock moves, or the fields of a payment that differ from `FIELDS`."""


class Desk:
    """An engine with a clock. A decision is told as a dict, an error of value as "ValueError"."""

    def __init__(self, script: Sequence[Step] = ()) -> None:
        self.now = START
        self.engine = kata.FraudDetectionEngine(clock=lambda: self.now)
        self.run(script)

    def pay(self, fields: dict[str, Any]) -> Any:
        """Process one payment."""
        try:
            return asdict(self.engine.process_transaction(kata.Transaction(**(FIELDS | fields))))
        except ValueError:
            return "ValueError"

    def run(self, script: Sequence[Step]) -> list[Any]:
        """Take the steps; return what became of the payments."""
        told = []
        for step in script:
            if isinstance(step, dict):
                told.append(self.pay(step))
            else:
                self.now += step
        return told

    def stats(self) -> dict[str, int]:
        """What the engine has counted."""
        return self.engine.stats()  # type: ignore[no-any-return]


def answers(script: Sequence[Step]) -> tuple[list[Any], dict[str, int]]:
    """What becomes of the payments of a script, and the counts at its end."""
    desk = Desk()
    return desk.run(script), desk.stats()


def refuse(fields: dict[str, Any]) -> str:
    """Process a payment; errors are raised."""
    engine = kata.FraudDetectionEngine(clock=lambda: START)
    return f"decided: {engine.process_transaction(kata.Transaction(**(FIELDS | fields))).action}"


def changed_by_callers() -> tuple[Any, Any, Any]:
    """A decision and the counts, each asked again after the caller has changed what was told, and what the first was."""
    engine = kata.FraudDetectionEngine(clock=lambda: START)
    payment = kata.Transaction(**(FIELDS | {"amount": 600_000}))
    first, again = engine.process_transaction(payment), engine.process_transaction(payment)
    right = asdict(first)
    for decision in (first, again):
        decision.risk_score, decision.action = 0.9, "decline"
        decision.reasons[0]["limit"] = 1
        decision.reasons.append({"rule": "mood"})
    engine.stats().update(processed=99)
    return asdict(engine.process_transaction(payment)), engine.stats()["processed"], right


def steady(n: int, users: int, spacing_s: float) -> Desk:
    """An engine after `n` payments in turn by so many users, `spacing_s` seconds apart."""
    desk = Desk()
    pay_often(desk, n, users, spacing_s, 0)
    return desk


def pay_often(desk: Desk, times: int, users: int, spacing_s: float, begin: int) -> list[str]:
    """The actions of further payments, the ids counting from `begin`."""
    actions = []
    for i in range(begin, begin + times):
        desk.now += spacing_s
        fields = {"transaction_id": f"t{i}", "user_id": f"user-{i % users}", "amount": 1, "timestamp": float(i)}
        payment = kata.Transaction(**(FIELDS | fields))
        actions.append(desk.engine.process_transaction(payment).action)
    return actions


def long_life(n: int) -> dict[str, int]:
    """The counts after `n` payments, 100 seconds apart, each from another device."""
    desk = Desk()
    for i in range(n):
        desk.now += 100.0
        desk.pay({"transaction_id": f"t{i}", "device_id": f"device-{i:0200d}", "amount": 1})
    return desk.stats()
