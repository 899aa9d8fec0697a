"""Visitors by the thousand, for the suite and for other processes that it starts."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

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


def running(
    plan: Mapping[str, Mapping[str, float]], clock: Callable[[], datetime], start: datetime, end: datetime | None = None
) -> kata.ABTestingFramework:
    """A framework with the experiments of `plan`, which maps names to shares; all run from `start` to `end`."""
    framework = kata.ABTestingFramework(clock)
    for name, shares in plan.items():
        framework.create_experiment(kata.Experiment(name, dict(shares), start, end))
    return framework


def self_named(names: Sequence[str]) -> kata.ABTestingFramework:
    """A framework with these experiments, each of which has a variant for everybody that tells whose it is."""
    return running({name: {f"{name} as it is": 1.0} for name in names}, noon, noon())


def variants_of(
    users: Sequence[str],
    experiment_name: str,
    shares: Mapping[str, float],
    now: datetime | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[str]:
    """The variants of `users`, assigned `now` and in this order, in a framework of their own."""
    now = noon() if now is None else now
    framework = running({experiment_name: shares}, Clock(now), now if start is None else start, end)
    return assign_all(framework, users, experiment_name)


def crowd(form: str, size: int, experiment_name: str, shares: Mapping[str, float]) -> tuple[list[str], Any]:
    """The variants of users called `form.format(0)` and so on: the different ones, and which of them each user has."""
    variants = variants_of([form.format(i) for i in range(size)], experiment_name, shares)
    names = {name: number for number, name in enumerate(dict.fromkeys(variants))}
    return list(names), np.array([names[variant] for variant in variants], dtype=np.uint16)


def splits_of(names: Sequence[str], users: Sequence[str], shares: Mapping[str, float]) -> list[list[str]]:
    """The variants of `users` in one experiment after the other."""
    return [variants_of(users, name, shares) for name in names]


@contextmanager
def abroad(zone: str) -> Iterator[None]:
    """A machine whose `TZ` is `zone`, and on which this process runs in another folder."""
    before, folder = os.environ.get("TZ"), Path.cwd()
    os.environ["TZ"] = zone
    tzset()
    os.chdir(folder.anchor)
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        tzset()


def tzset() -> None:
    """Have Python look at `TZ` again, where it can."""
    if sys.platform != "win32":
        time.tzset()


def now_abroad(zone: str) -> tuple[datetime, datetime]:
    """What `datetime.now` and a framework without a clock say there."""
    with abroad(zone):
        framework = kata.ABTestingFramework()
        framework.create_experiment(kata.Experiment("button", {"a": 1.0}, datetime(2000, 1, 1)))
        return datetime.now(), framework.assign_user_to_variant("ada", "button").assigned_at


def variants_abroad(zone: str, users: Sequence[str], experiment_name: str, shares: Mapping[str, float]) -> list[str]:
    """The variants of `users` there."""
    with abroad(zone):
        return variants_of(users, experiment_name, shares)


def pairs_alike(
    pairs: Sequence[Sequence[tuple[str, str, str]]], users: Sequence[str], shares: Mapping[str, float]
) -> list[bool]:
    """Whether all users get the same variant in both places of a pair, for each of `pairs`.

    A place is `(experiment, before, after)`, where a user has the id `before + user + after`. What comes after the first
    difference is not asked.
    """
    names = dict.fromkeys(name for pair in pairs for name, _, _ in pair)
    framework = running(dict.fromkeys(names, shares), noon, noon())

    def variant(place: tuple[str, str, str], user: str) -> str:
        name, before, after = place
        return str(framework.assign_user_to_variant(before + user + after, name).variant)

    return [all(variant(one, user) == variant(other, user) for user in users) for one, other in pairs]


def there_and_back(names: Sequence[str], shares: Mapping[str, float]) -> list[list[str]]:
    """For any two of `names`: the variants of the first as a user of the second, and of the second as one of the first."""
    framework = running(dict.fromkeys(names, shares), noon, noon())
    pairs = list(combinations(names, 2))
    return [
        [framework.assign_user_to_variant(one, other).variant for one, other in pairs],
        [framework.assign_user_to_variant(other, one).variant for one, other in pairs],
    ]


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


def staff(
    framework: kata.ABTestingFramework, experiment_name: str, groups: Sequence[tuple[Sequence[str], int]]
) -> list[list[str]]:
    """Assign the users of each group, let the first so many of them convert, and return the variants of all."""
    variants = []
    for users, buyers in groups:
        variants.append(assign_all(framework, users, experiment_name))
        log_all(framework, users[:buyers], experiment_name, "conversion")
    return variants


def log_often(framework: kata.ABTestingFramework, user: str, experiment_name: str, event_type: str, times: int) -> None:
    """Log the same event so many times."""
    log_all(framework, [user] * times, experiment_name, event_type)


def busy(form: str, size: int, experiment_name: str, shares: Mapping[str, float]) -> kata.ABTestingFramework:
    """A framework with so many users, called `form.format(0)` and so on, and two events of each of them."""
    framework = running({experiment_name: shares}, noon, noon())
    users = [form.format(i) for i in range(size)]
    assign_all(framework, users, experiment_name)
    for event_type in ("click", "conversion"):
        log_all(framework, users, experiment_name, event_type)
    return framework


class Thrown:
    """What a call has raised; to be raised again, with the lines that it came from, when it is called."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self) -> None:
        """Raise it."""
        raise self.error


def ask_all(
    framework: kata.ABTestingFramework, steps: Sequence[tuple[Any, ...]]
) -> tuple[list[tuple[Any, ...]], Thrown | None]:
    """The answers to calls of methods one after the other, and what the call after these has raised, which is the last.

    A step is `(method, args, items of kwargs, may_be_refused)`. An answer is `(result,)`, a `UserAssignment` told by its
    fields and a report as it was then; or `(None, text)` of a `KeyError`, where a step may be refused.
    """
    answers: list[tuple[Any, ...]] = []
    for method, args, kwargs, may_be_refused in steps:
        try:
            result = getattr(framework, method)(*args, **dict(kwargs))
            answers.append((fields(result) if method == "assign_user_to_variant" else deepcopy(result),))
        except Exception as error:
            if not (may_be_refused and isinstance(error, KeyError)):
                return answers, Thrown(error)
            answers.append((None, str(error)))
    return answers, None


def fields(assignment: Any) -> tuple[Any, ...]:
    """The fields of a `UserAssignment`."""
    return (assignment.user_id, assignment.experiment_name, assignment.variant, assignment.assigned_at)
