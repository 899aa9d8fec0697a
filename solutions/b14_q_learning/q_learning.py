"""Tabular Q-learning: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class QLearning:
    """An agent that learns the value of each action in each state by acting (Watkins, 1989).

    Args:
        n_states, n_actions: sizes of the table, at least 1.
        learning_rate: how far an update moves a value towards its target, above 0 and at most 1.
        discount: what a reward is worth one step later, 0 to 1.
        epsilon: how often to explore, 0 to 1.
        random_state: seed or generator of all draws.

    Attributes:
        q: the values, float64 of shape (n_states, n_actions).
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
        if n_states < 1 or n_actions < 1:
            raise ValueError(f"n_states and n_actions must be at least 1, got {n_states} and {n_actions}")
        if not 0 < learning_rate <= 1:
            raise ValueError(f"learning_rate must be above 0 and at most 1, got {learning_rate}")
        for name, value in (("discount", discount), ("epsilon", epsilon)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must lie in 0..1, got {value}")
        self.learning_rate = learning_rate
        self.discount = discount
        self.epsilon = epsilon
        self.q = np.zeros((n_states, n_actions))
        self._rng = np.random.default_rng(random_state)

    def choose_action(self, state: int) -> int:
        """Return any action with probability epsilon, else a best one; `ValueError` for a state out of range."""
        self._check("state", state, len(self.q))
        values = self.q[state]
        if self._rng.random() < self.epsilon:
            return int(self._rng.integers(len(values)))
        return int(self._rng.choice(np.flatnonzero(values == values.max())))

    def update(self, state: int, action: int, reward: float, next_state: int, done: bool) -> None:
        """Learn from one step; `ValueError` for a state or an action out of range."""
        self._check("state", state, len(self.q))
        self._check("action", action, self.q.shape[1])
        self._check("next_state", next_state, len(self.q))
        # After the end nothing follows: the value of next_state belongs to other episodes.
        target = reward if done else reward + self.discount * self.q[next_state].max()
        self.q[state, action] += self.learning_rate * (target - self.q[state, action])

    def train(self, env: Any, episodes: int) -> list[float]:
        """Act and learn for `episodes` episodes, at least 1; return the sum of the rewards of each."""
        if episodes < 1:
            raise ValueError(f"episodes must be at least 1, got {episodes}")
        returns = []
        for _ in range(episodes):
            state, total, done = env.reset(), 0.0, False
            while not done:
                action = self.choose_action(state)
                next_state, reward, done = env.step(action)
                self.update(state, action, reward, next_state, done)
                state, total = next_state, total + reward
            returns.append(total)
        return returns

    def policy(self) -> npt.NDArray[np.intp]:
        """Return a best action of each state, shape (n_states,)."""
        return np.asarray(self.q.argmax(axis=1))

    @staticmethod
    def _check(name: str, value: int, size: int) -> None:
        if not 0 <= value < size:
            raise ValueError(f"{name} must lie in 0..{size - 1}, got {value}")
