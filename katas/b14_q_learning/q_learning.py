"""Tabular Q-learning."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class QLearning:
    """An agent that learns the value of each action in each state by acting.

    Args:
        n_states, n_actions: sizes of the table, at least 1.
        learning_rate: how far an update moves a value towards its target, above 0 and at most 1.
        discount: what a reward is worth one step later, 0 to 1.
        epsilon: how often to explore, 0 to 1.
        random_state: seed or generator of all draws.

    Attributes:
        q: the values, float64 of shape (n_states, n_actions).

    Raises:
        ValueError: a parameter is out of range.
    """

    def __init__(
        self,
        n_states: int,
        n_actions: int,
        learning_rate: float = 0.1,
        discount: float = 0.9,
        epsilon: float = 0.1,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def choose_action(self, state: int) -> int:
        """Return any action with probability epsilon, else a best one; raise `ValueError` for a state out of range."""
        raise NotImplementedError

    def update(self, state: int, action: int, reward: float, next_state: int, done: bool) -> None:
        """Learn from one step; raise `ValueError` for a state or an action out of range."""
        raise NotImplementedError

    def train(self, env: Any, episodes: int) -> list[float]:
        """Act and learn for so many episodes (at least 1, else `ValueError`); return the sum of the rewards of each.

        `env` is a world with `reset() -> state` and `step(action) -> (next_state, reward, done)`.
        """
        raise NotImplementedError

    def policy(self) -> npt.NDArray[np.intp]:
        """Return a best action of each state, shape (n_states,)."""
        raise NotImplementedError
