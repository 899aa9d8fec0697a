"""REINFORCE: the policy gradient from whole episodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Reinforce:
    """An agent whose policy is the softmax of a table of preferences.

    Args:
        n_states, n_actions: sizes of the table, at least 1.
        learning_rate: how far a step along the gradient goes, above 0.
        discount: what a reward is worth one step later, 0 to 1.
        baseline: whether the mean return of a state is taken off.
        random_state: seed or generator of all draws.

    Attributes:
        theta: the preferences, float64 of shape (n_states, n_actions).
        values: the baseline, float64 of shape (n_states,).

    Raises:
        ValueError: a parameter is out of range.
    """

    def __init__(
        self,
        n_states: int,
        n_actions: int,
        learning_rate: float = 0.1,
        discount: float = 1.0,
        baseline: bool = False,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def action_probabilities(self, state: int) -> npt.NDArray[np.float64]:
        """Return the policy in `state`, shape (n_actions,); raise `ValueError` for a state out of range."""
        raise NotImplementedError

    def episode_gradient(
        self, states: npt.ArrayLike, actions: npt.ArrayLike, rewards: npt.ArrayLike
    ) -> npt.NDArray[np.float64]:
        """Return the gradient of an episode of T >= 1 steps, each argument of shape (T,); change nothing.

        Raises `ValueError` for other shapes, or a state or an action out of range.
        """
        raise NotImplementedError

    def train(self, env: Any, episodes: int) -> list[float]:
        """Act and learn for so many episodes (at least 1, else `ValueError`); return the sum of the rewards of each.

        `env` is a world with `reset() -> state` and `step(action) -> (next_state, reward, done)`.
        """
        raise NotImplementedError
