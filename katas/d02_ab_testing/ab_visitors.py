"""Frameworks and many users at a time, for the suite and for the processes that it starts."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import ab_testing as kata
import numpy as np

from harness.suite.threads import ManualClock

START = datetime(2024, 3, 1, 9)
NOON = datetime(2024, 3, 5, 12)


def noon() -> datetime:
    """A clock that always shows `NOON`."""
    return NOON


def running(
    plan: Mapping[str, Mapping[str, float]],
    clock: Callable[[], datetime] = noon,
    start: datetime = START,
    end: datetime | None = None,
) -> kata.ABTestingFramework:
    """A framework with the experiments of `plan`, which maps names to shares; all run from `start` to `end`."""
    framework = kata.ABTestingFramework(clock)
    for name, shares in plan.items():
        framework.create_experiment(kata.Experiment(name, dict(shares), start, end))
    return framework


def users_like(form: str, size: int) -> list[str]:
    """So many user ids."""
    return [form.format(i) for i in range(size)]


def new_users(rng: np.random.Generator, size: int) -> list[str]:
    """So many user ids that were not used before."""
    return users_like(f"user-{rng.integers(10**12)}-{{}}", size)


def assign_all(framework: kata.ABTestingFramework, users: Iterable[str], name: str) -> list[str]:
    """The variants of `users`, assigned in this order."""
    return [str(framework.assign_user_to_variant(user, name).variant) for user in users]


def hash_all(users: Iterable[str]) -> list[str]:
    """The SHA-256 hash of each of `users`: the least that an assignment takes."""
    return [hashlib.sha256(user.encode()).hexdigest() for user in users]


def log_all(framework: kata.ABTestingFramework, users: Iterable[str], name: str, event_type: str) -> None:
    """Log one event of each of `users`."""
    for user in users:
        framework.log_event(user, name, event_type)


def variants_of(
    users: Sequence[str], name: str, shares: Mapping[str, float], now: datetime = NOON, start: datetime = START
) -> list[str]:
    """The variants of `users` in a framework that has only this experiment."""
    return assign_all(running({name: shares}, ManualClock(now), start), users, name)


def crowd(name: str, shares: tuple[tuple[str, float], ...], form: str, size: int) -> list[str]:
    """The variants of users called `form.format(0)`, `form.format(1)`, ..."""
    return variants_of(users_like(form, size), name, dict(shares))


def variants_of_each(jobs: Sequence[tuple[Any, ...]]) -> list[list[str]]:
    """`variants_of` each job, a tuple of its arguments."""
    return [variants_of(*job) for job in jobs]


def story(
    plan: Mapping[str, Mapping[str, float]],
    visits: Sequence[tuple[str, str]],
    log: Sequence[tuple[str, str, str, float]],
) -> tuple[dict[str, dict[str, str]], list[dict[str, Any]]]:
    """Assign users, then log events, `(user, experiment, type, value)`.

    Returns the variants by experiment and user, and the metrics by experiment: at first, after the visits, at last.
    """
    framework = running(plan)

    def metrics() -> dict[str, Any]:
        return {name: copy.deepcopy(framework.calculate_metrics(name)) for name in plan}

    reports, homes = [metrics()], {name: dict[str, str]() for name in plan}
    for user, name in visits:
        homes[name][user] = str(framework.assign_user_to_variant(user, name).variant)
    reports.append(metrics())
    for user, name, kind, value in log:
        framework.log_event(user, name, kind, value)
    return homes, [*reports, metrics()]


@lru_cache
def _homes(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Users of the experiment "trial" and their variants, where all shares are equal."""
    users = users_like("user-{}", 3_000)
    return list(zip(users, variants_of(users, "trial", dict.fromkeys(names, 1 / len(names))), strict=True))


def users_of(sizes: Mapping[str, int]) -> dict[str, list[str]]:
    """For each variant of "trial", so many users who get it. Raises `LookupError` when 3000 users are too few for that."""
    homes = _homes(tuple(sizes))
    users = {name: [user for user, home in homes if home == name][:size] for name, size in sizes.items()}
    for name, size in sizes.items():
        if len(users[name]) < size:
            raise LookupError(f"{len(users[name])} of 3000 users get {name!r}, one of {len(sizes)} equal variants")
    return users


def with_numbers(arms: Mapping[str, tuple[int, int]]) -> kata.ABTestingFramework:
    """A framework with the experiment "trial" and these numbers of users and conversions in its variants."""
    framework = running({"trial": dict.fromkeys(arms, 1 / len(arms))})
    users = users_of({name: size for name, (size, _) in arms.items()})
    for name, (_, conversions) in arms.items():
        assign_all(framework, users[name], "trial")
        log_all(framework, users[name][:conversions], "trial", "conversion")
    return framework


def winners(arms: Mapping[str, tuple[int, int]], alphas: Sequence[float]) -> list[str | None]:
    """Who wins with these numbers, for each alpha."""
    framework = with_numbers(arms)
    return [framework.determine_winner("trial", alpha=alpha) for alpha in alphas]


def busy(users: Sequence[str]) -> kata.ABTestingFramework:
    """A framework with the experiment "button", these users, and two events of each: a click and a conversion."""
    framework = running({"button": {"a": 0.5, "b": 0.5}})
    assign_all(framework, users, "button")
    for event_type in ("click", "conversion"):
        log_all(framework, users, "button", event_type)
    return framework


def fields(assignment: kata.UserAssignment) -> dict[str, object]:
    """The fields of an assignment."""
    names = ("user_id", "experiment_name", "variant", "assigned_at")
    return {name: getattr(assignment, name) for name in names}
