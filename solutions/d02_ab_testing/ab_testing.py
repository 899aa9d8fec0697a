"""Send users to the variants of experiments, log what they do, and say which variant wins: the reference."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any

MIN_USERS = 30
"""With fewer users the normal approximation behind the z-test is poor; such variants do not take part."""
SHARE_TOLERANCE = 1e-6
"""How far rounding may move the sum of the shares."""
CONVERSION = "conversion"
CONVERSION_RATE = "conversion_rate"


@dataclass
class Experiment:
    """What is tried: `variants` maps names to shares of the traffic, which are >= 0 and sum to 1.

    Raises `ValueError` for other shares and for an end before the start.
    """

    name: str
    variants: Mapping[str, float]
    start_date: datetime
    end_date: datetime | None = None
    status: str = "active"

    def __post_init__(self) -> None:
        if not self.variants:
            raise ValueError(f"experiment {self.name!r} has no variants, expected at least one")
        for variant, share in self.variants.items():
            if not 0 <= share <= 1:
                raise ValueError(f"the share of {variant!r} is {share}, expected 0 to 1")
        total = math.fsum(self.variants.values())
        if abs(total - 1) > SHARE_TOLERANCE:
            raise ValueError(f"the shares of {self.name!r} sum to {total}, expected 1")
        if self.end_date is not None and self.end_date < self.start_date:
            raise ValueError(f"end_date {self.end_date} is before start_date {self.start_date}")

    def check_running(self, now: datetime) -> None:
        """Raise `ValueError` unless users can be assigned at `now`."""
        if self.status != "active":
            raise ValueError(f"experiment {self.name!r} is {self.status}, expected active")
        if now < self.start_date:
            raise ValueError(f"experiment {self.name!r} starts at {self.start_date}, and it is {now}")
        if self.end_date is not None and now > self.end_date:
            raise ValueError(f"experiment {self.name!r} ended at {self.end_date}, and it is {now}")


@dataclass(frozen=True)
class UserAssignment:
    """Which variant a user sees, and since when."""

    user_id: str
    experiment_name: str
    variant: str
    assigned_at: datetime


@dataclass
class _Tally:
    """What happened in one variant, kept up to date with each event, so that a report need not read them again."""

    users: int = 0
    events: dict[str, int] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    converted: set[str] = field(default_factory=set)

    @property
    def conversion_rate(self) -> float:
        return len(self.converted) / self.users if self.users else 0.0


class _Trial:
    """An experiment that runs: its split as it was at creation, its assignments and tallies."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.assignments: dict[str, UserAssignment] = {}
        self.tallies = {variant: _Tally() for variant in experiment.variants}
        shares = {variant: share for variant, share in experiment.variants.items() if share > 0}
        self._split = list(zip(shares, accumulate(shares.values()), strict=True))

    def variant_of(self, user_id: str) -> str:
        """The variant in whose stretch of [0, 1) the user's point lies."""
        point = _point(self.experiment.name, user_id)
        for variant, end in self._split:
            if point < end:
                return variant
        return self._split[-1][0]  # the shares sum to a little less than 1


class ABTestingFramework:
    """Experiments, their users and events. `clock` is the only source of time. An unknown experiment is a `KeyError`."""

    def __init__(self, clock: Callable[[], datetime] = datetime.now) -> None:
        self._clock = clock
        self._trials: dict[str, _Trial] = {}

    def create_experiment(self, experiment: Experiment) -> None:
        """Add an experiment. Raises `ValueError` for a name that is taken."""
        if experiment.name in self._trials:
            raise ValueError(f"there is an experiment {experiment.name!r} already")
        self._trials[experiment.name] = _Trial(experiment)

    def assign_user_to_variant(self, user_id: str, experiment_name: str) -> UserAssignment:
        """Return the user's assignment, a new one if need be.

        Raises `ValueError` when a new one is needed and the experiment does not run.
        """
        trial = self._trial(experiment_name)
        known = trial.assignments.get(user_id)
        if known is not None:
            return known
        now = self._clock()
        trial.experiment.check_running(now)
        assignment = UserAssignment(user_id, experiment_name, trial.variant_of(user_id), now)
        trial.assignments[user_id] = assignment
        trial.tallies[assignment.variant].users += 1
        return assignment

    def log_event(self, user_id: str, experiment_name: str, event_type: str, value: float = 1.0) -> None:
        """Note what a user did. Raises `KeyError` for a user who is not assigned in this experiment."""
        trial = self._trial(experiment_name)
        if user_id not in trial.assignments:
            raise KeyError(f"user {user_id!r} is not assigned in {experiment_name!r}")
        tally = trial.tallies[trial.assignments[user_id].variant]
        tally.events[event_type] = tally.events.get(event_type, 0) + 1
        tally.values[event_type] = tally.values.get(event_type, 0.0) + value
        if event_type == CONVERSION:
            tally.converted.add(user_id)

    def calculate_metrics(self, experiment_name: str) -> dict[str, dict[str, Any]]:
        """Return, by variant, `users`, `events`, `values`, `conversions` and `conversion_rate` in new dicts."""
        return {
            variant: {
                "users": tally.users,
                "events": dict(tally.events),
                "values": dict(tally.values),
                "conversions": len(tally.converted),
                CONVERSION_RATE: tally.conversion_rate,
            }
            for variant, tally in self._trial(experiment_name).tallies.items()
        }

    def determine_winner(self, experiment_name: str, metric: str = CONVERSION_RATE, alpha: float = 0.05) -> str | None:
        """Return the variant that is significantly better than its best rival, None without one.

        Two-sided pooled two-proportion z-test, Bonferroni-corrected for the k - 1 rivals. Raises `ValueError` for
        another metric, and unless 0 < alpha < 1.
        """
        if metric != CONVERSION_RATE:
            raise ValueError(f"metric is {metric!r}, expected {CONVERSION_RATE!r}")
        if not 0 < alpha < 1:
            raise ValueError(f"alpha is {alpha}, expected 0 < alpha < 1")
        tallies = self._trial(experiment_name).tallies
        taking_part = [variant for variant, tally in tallies.items() if tally.users >= MIN_USERS]
        if len(taking_part) < 2:
            return None
        # Only the best can be better than its best rival, and that is the runner-up. Sorting is stable, so of equal
        # ones the first stays first.
        best, rival, *_ = sorted(taking_part, key=lambda variant: -tallies[variant].conversion_rate)
        return best if _p_value(tallies[best], tallies[rival]) < alpha / (len(taking_part) - 1) else None

    def _trial(self, experiment_name: str) -> _Trial:
        try:
            return self._trials[experiment_name]
        except KeyError:
            raise KeyError(f"there is no experiment {experiment_name!r}") from None


def _point(experiment_name: str, user_id: str) -> float:
    """A number in [0, 1) that looks random, and is a function of the two names alone."""
    # The first colon ends the experiment's name, which has none: no two pairs give the same key.
    digest = hashlib.sha256(f"{experiment_name}:{user_id}".encode()).digest()
    return (int.from_bytes(digest[:8]) >> 11) / 2**53  # the 53 bits that a float holds: never rounded up to 1.0


def _p_value(one: _Tally, other: _Tally) -> float:
    """Two-sided p-value of the pooled two-proportion z-test."""
    pooled = (len(one.converted) + len(other.converted)) / (one.users + other.users)
    standard_error = math.sqrt(pooled * (1 - pooled) * (1 / one.users + 1 / other.users))
    if standard_error == 0:
        return 1.0
    z = (one.conversion_rate - other.conversion_rate) / standard_error
    return math.erfc(abs(z) / math.sqrt(2))
