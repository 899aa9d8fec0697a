"""Deadlines: when something was due, how late it was, and what that costs: `--late 10%/day --grace 15min --cut-off 7d`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime

from harness.core.errors import KataError

_UNITS_S = {"min": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0, "w": 604_800.0, "week": 604_800.0}
_UNITS_S |= {f"{unit}s": seconds for unit, seconds in _UNITS_S.items() if len(unit) > 2}
_DURATION = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]+)\s*")
_RATE = re.compile(r"\s*(?P<percent>\d+(?:\.\d+)?)\s*%\s*/\s*(?P<unit>[a-z]+)\s*")


class DeadlineError(KataError):
    """A deadline or a policy that cannot be read."""


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """What lateness costs. Without a rate, lateness is shown and costs nothing."""

    rate: float = 0.0
    """Share of a kata's points that each period begun costs, 0 to 1."""
    period_s: float = 86400.0
    grace_s: float = 0.0
    """So much later than due is not late; beyond it, all of the lateness counts."""
    cut_off_s: float | None = None
    """From so much lateness on there are no points; None is never."""

    def cost(self, late_s: float) -> float:
        """The share of a kata's points that is lost, 0 to 1."""
        if late_s <= self.grace_s:
            return 0.0
        if self.cut_off_s is not None and late_s > self.cut_off_s:
            return 1.0
        return min(1.0, self.rate * math.ceil(late_s / self.period_s))

    def words(self, late_s: float) -> str:
        """How late it was and what that costs, empty when it was in time: `1 day 3 h late: 20 % of the points`."""
        if late_s <= 0:
            return ""
        if late_s <= self.grace_s:
            return f"{lateness(late_s)} late, which is within the grace period"
        if self.cut_off_s is not None and late_s > self.cut_off_s:
            return f"{lateness(late_s)} late, after the cut-off: no points"
        cost = f"{100 * self.cost(late_s):g} % of the points" if self.rate else "no points are taken off for it"
        return f"{lateness(late_s)} late: {cost}"


def lateness(seconds: float) -> str:
    """A duration in its two largest units: `1 day 3 h`, `12 min`."""
    minutes = max(1, math.ceil(seconds / 60))
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{days} day{'s' if days > 1 else ''}"] if days else []
    parts += [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes and not days else []
    return " ".join(parts)


def parse_policy(rate: str, grace: str, cut_off: str) -> LatePolicy | None:
    """The policy of the options; None when none is given. Raises `DeadlineError`."""
    if not (rate or grace or cut_off):
        return None
    found = _RATE.fullmatch(rate.lower()) if rate else None
    if rate and (found is None or found["unit"] not in _UNITS_S or float(found["percent"]) > 100):
        raise DeadlineError(f"--late: {rate!r} is no rate", hint="for example --late 10%/day, or 5%/h")
    return LatePolicy(
        float(found["percent"]) / 100 if found else 0.0,
        _UNITS_S[found["unit"]] if found else 86400.0,
        duration_s(grace, "--grace") if grace else 0.0,
        duration_s(cut_off, "--cut-off") if cut_off else None,
    )


def duration_s(text: str, where: str) -> float:
    """Seconds of `15min`, `2h`, `7d`. Raises `DeadlineError`, which begins with `where`."""
    found = _DURATION.fullmatch(text.lower())
    if found is None or found["unit"] not in _UNITS_S:
        raise DeadlineError(f"{where}: {text!r} is no duration", hint="for example 15min, 2h, 7d")
    return float(found["number"]) * _UNITS_S[found["unit"]]


def parse_time(text: str, where: str) -> float:
    """Seconds since the epoch of a time in ISO 8601. Without an offset it is this machine's time; a date is its last second.

    Raises `DeadlineError`, which begins with `where`.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        seconds = moment.timestamp()
    except (ValueError, OverflowError, OSError):
        raise DeadlineError(
            f"{where}: {text!r} is no time", hint="for example 2026-12-01T23:59 or 2026-12-01T23:59+01:00"
        ) from None
    is_date = re.fullmatch(r"\d{4}-?\d\d-?\d\d", text.strip()) is not None
    return seconds + 86399.0 if is_date else seconds
