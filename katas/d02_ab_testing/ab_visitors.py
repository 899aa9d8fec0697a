"""Visitors by the thousand, for the suite and for other processes that it starts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import ab_testing as kata
import numpy as np


class Clock:
    """A clock that says what it was told, and goes on by `tick` each time it is asked; `now` may be set."""

    def __init__(self, now: datetime, tick: timedelta = timedelta(0)) -> None:
        self.now = now
        self.tick = tick

    def __call__(self) -> datetime:
        """What it says."""
        now = self.now
        if self.tick:
            self.now += self.tick
        return now


def noon() -> datetime:
    """A clock that stands still."""
    return datetime(2024, 3, 5, 12)


def variants_of(users: Sequence[str], experiment_name: str, shares: Mapping[str, float]) -> list[str]:
    """The variants of `users`, assigned in this order in a framework of their own."""
    framework = kata.ABTestingFramework(noon)
    framework.create_experiment(kata.Experiment(experiment_name, dict(shares), noon()))
    return assign_all(framework, users, experiment_name)


def variants_and_luck(users: Sequence[str], experiment_name: str, shares: Mapping[str, float]) -> list[list[str]]:
    """The variants of `users`, and then what the generators of `random` and `numpy.random` give in this process."""
    variants = variants_of(users, experiment_name, shares)
    return [variants, [str(random.random())], [str(np.random.random())]]  # noqa: NPY002


def assign_all(framework: kata.ABTestingFramework, users: Sequence[str], experiment_name: str) -> list[str]:
    """The variants of `users`, assigned in this order."""
    return [str(framework.assign_user_to_variant(user, experiment_name).variant) for user in users]


def log_all(framework: kata.ABTestingFramework, users: Sequence[str], experiment_name: str, event_type: str) -> None:
    """Log one event of each of `users`."""
    for user in users:
        framework.log_event(user, experiment_name, event_type)
