"""Many calls to the subject in one question: what bandits select in a given state, and in a game."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bandits as kata
import numpy as np

Log = Sequence[tuple[int, float]]


def made(name: str, options: dict[str, Any], log: Log) -> Any:
    """A bandit of the class `name` that was told of the rewards in `log`."""
    bandit = getattr(kata, name)(**options)
    for arm, reward in log:
        bandit.update(arm, reward)
    return bandit


def picks(name: str, options: dict[str, Any], log: Log, times: int = 1) -> list[Any]:
    """What one bandit selects, asked `times` times without a reward between."""
    bandit = made(name, options, log)
    return [bandit.select() for _ in range(times)]


def first_picks(name: str, cases: Sequence[tuple[int, Log]]) -> list[Any]:
    """What new bandits select, one for each (n_arms, log)."""
    return [picks(name, {"n_arms": n_arms}, log)[0] for n_arms, log in cases]


def shares(name: str, options: dict[str, Any], log: Log, times: int) -> np.ndarray[Any, Any]:
    """How often one bandit selects each arm, as fractions of `times`."""
    return np.bincount(picks(name, options, log, times), minlength=options["n_arms"]) / times


def play(name: str, options: dict[str, Any], chances: Sequence[float], rounds: int, seed: int) -> list[int]:
    """The arms that a bandit selects in a game: arm a gives 1 with probability chances[a], else 0."""
    bandit, rng = getattr(kata, name)(n_arms=len(chances), **options), np.random.default_rng(seed)
    arms = []
    for uniform in rng.random(rounds):
        arms.append(bandit.select())
        bandit.update(arms[-1], int(uniform < chances[arms[-1]]))
    return arms
