"""References and batches of one distribution, and how many batches raise an alarm; it runs where the monitor is."""

from __future__ import annotations

from typing import Any

import drift_monitor as kata
import numpy as np

COUNTRIES = np.array(["no", "se", "dk", "fi", *(f"rare-{i}" for i in range(30))])
SHARES = np.array([0.5, 0.2, 0.1, 0.05, *[0.005] * 30])


def draw(rng: np.random.Generator, rows: int, kind: str, features: int) -> dict[str, Any]:
    """A batch of `rows` rows: "numeric", "ties", "missing" (one in 50), "countries" or "two"."""
    batch: dict[str, Any] = {}
    for i in range(features):
        if kind == "countries":
            column: Any = rng.choice(COUNTRIES, size=rows, p=SHARES).tolist()
        elif kind == "two":
            column = (rng.random(rows) < 0.3).tolist()
        else:
            column = rng.normal(size=rows)
            if kind == "ties":
                column = np.round(column)
            elif kind == "missing":
                column[rng.random(rows) < 0.02] = np.nan
        batch[f"x{i}"] = column
    return batch


def false_alarms(kind: str, seed: int, times: int, rows: tuple[int, int], features: int, alpha: float) -> int:
    """How many of so many batches, each with a reference of its own, have a feature that drifted."""
    rng = np.random.default_rng(seed)
    alarms = 0
    for _ in range(times):
        monitor = kata.DriftMonitor(draw(rng, rows[0], kind, features), alpha=alpha)
        report = monitor.check(draw(rng, rows[1], kind, features))
        alarms += any(one["drifted"] for one in report.values())
    return alarms
