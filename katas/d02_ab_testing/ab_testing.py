"""Send users to the variants of experiments, log what they do, and say which variant wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass
class Experiment:
    """What is tried: `variants` maps names to shares of the traffic, which are >= 0 and sum to 1."""

    name: str
    variants: Mapping[str, float]
    start_date: datetime
    end_date: datetime | None = None
    status: str = "active"


@dataclass(frozen=True)
class UserAssignment:
    """Which variant a user sees, and since when."""

    user_id: str
    experiment_name: str
    variant: str
    assigned_at: datetime


class ABTestingFramework:
    """Experiments, their users and events. `clock` is the only source of time. An unknown experiment is a `KeyError`."""

    def __init__(self, clock: Callable[[], datetime] = datetime.now) -> None:
        raise NotImplementedError

    def create_experiment(self, experiment: Experiment) -> None:
        """Take an experiment on. `ValueError`: bad shares, an end before the start, or a name that is taken."""
        raise NotImplementedError

    def assign_user_to_variant(self, user_id: str, experiment_name: str) -> UserAssignment:
        """Return the user's assignment, a new one if need be. `ValueError`: a new one while the experiment does not run."""
        raise NotImplementedError

    def log_event(self, user_id: str, experiment_name: str, event_type: str, value: float = 1.0) -> None:
        """Note what a user did. `KeyError`: the user is not assigned in this experiment."""
        raise NotImplementedError

    def calculate_metrics(self, experiment_name: str) -> dict[str, dict[str, Any]]:
        """Return, by variant, `users`, `events`, `values`, `conversions` and `conversion_rate` in new dicts."""
        raise NotImplementedError

    def determine_winner(
        self, experiment_name: str, metric: str = "conversion_rate", alpha: float = 0.05
    ) -> str | None:
        """Return the variant that is significantly better than all others, None without one. `ValueError`: metric, alpha."""
        raise NotImplementedError
