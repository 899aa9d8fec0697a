"""REINFORCE: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class Reinforce:
    """An agent whose policy is the softmax of a table of preferences (Williams, 1992).

    Args:
        n_states, n_actions: sizes of the table, at least 1.
        learning_rate: how far a step along the gradient goes, above 0.
        discount: what a reward is worth one step later, 0 to 1.
        baseline: whether the mean return of a state is taken off.
        random_state: seed or generator of all draws.

    Attributes:
        theta: the preferences, float64 of shape (n_states, n_actions).
        values: the baseline, float64 of shape (n_states,).
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
        if n_states < 1 or n_actions < 1:
            raise ValueError(f"n_states and n_actions must be at least 1, got {n_states} and {n_actions}")
        if not learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
        if not 0 <= discount <= 1:
            raise ValueError(f"discount must lie in 0..1, got {discount}")
        self.learning_rate = learning_rate
        self.discount = discount
        self.baseline = baseline
        self.theta = np.zeros((n_states, n_actions))
        self.values = np.zeros(n_states)
        self._visits = np.zeros(n_states)
        self._rng = np.random.default_rng(random_state)

    def action_probabilities(self, state: int) -> Float64Array:
        """Return the policy in `state`, shape (n_actions,); `ValueError` for a state out of range."""
        if not 0 <= state < len(self.theta):
            raise ValueError(f"state must lie in 0..{len(self.theta) - 1}, got {state}")
        return _softmax(self.theta[state])

    def episode_gradient(self, states: npt.ArrayLike, actions: npt.ArrayLike, rewards: npt.ArrayLike) -> Float64Array:
        """Return the gradient of an episode of T >= 1 steps, each argument of shape (T,).

        Raises `ValueError` for other shapes, or a state or an action out of range.
        """
        states, actions, rewards = np.asarray(states), np.asarray(actions), np.asarray(rewards, dtype=np.float64)
        if not states.shape == actions.shape == rewards.shape or states.ndim != 1 or not states.size:
            shapes = f"{states.shape}, {actions.shape} and {rewards.shape}"
            raise ValueError(f"states, actions and rewards must have the same shape (T,), T at least 1, got {shapes}")
        for name, indices, size in zip(("states", "actions"), (states, actions), self.theta.shape, strict=True):
            if indices.min() < 0 or indices.max() >= size:
                raise ValueError(f"{name} must lie in 0..{size - 1}, got {indices}")
        weights = self.discount ** np.arange(len(rewards)) * (self._returns(rewards) - self.values[states])
        # The gradient of ln softmax is one-hot minus probabilities, in the row of the state.
        slopes = np.eye(self.theta.shape[1])[actions] - _softmax(self.theta[states])
        gradient = np.zeros_like(self.theta)
        np.add.at(gradient, states, weights[:, np.newaxis] * slopes)  # += would count a state once
        return gradient

    def train(self, env: Any, episodes: int) -> list[float]:
        """Act and learn for `episodes` episodes, at least 1; return the sum of the rewards of each."""
        if episodes < 1:
            raise ValueError(f"episodes must be at least 1, got {episodes}")
        sums = []
        for _ in range(episodes):
            states, actions, rewards = self._play(env)
            self.theta += self.learning_rate * self.episode_gradient(states, actions, rewards)
            # Only now: a baseline that knows this episode's rewards would bias its gradient.
            if self.baseline:
                self._learn_values(states, rewards)
            sums.append(float(sum(rewards)))
        return sums

    def _play(self, env: Any) -> tuple[list[int], list[int], list[float]]:
        """Play one episode by the policy."""
        states: list[int] = []
        actions: list[int] = []
        rewards: list[float] = []
        state, done = env.reset(), False
        while not done:
            action = int(self._rng.choice(self.theta.shape[1], p=self.action_probabilities(state)))
            next_state, reward, done = env.step(action)
            states.append(state)
            actions.append(action)
            rewards.append(reward)
            state = next_state
        return states, actions, rewards

    def _learn_values(self, states: list[int], rewards: list[float]) -> None:
        """Let the returns of an episode go into the means of its states."""
        for state, value in zip(states, self._returns(np.array(rewards)), strict=True):
            self._visits[state] += 1
            self.values[state] += (value - self.values[state]) / self._visits[state]

    def _returns(self, rewards: Float64Array) -> Float64Array:
        """What follows from each step on, discounted to that step."""
        returns = np.zeros(len(rewards))
        following = 0.0
        for t in reversed(range(len(rewards))):
            following = rewards[t] + self.discount * following
            returns[t] = following
        return returns


def _softmax(preferences: Float64Array) -> Float64Array:
    """Softmax over the last axis."""
    powers = np.exp(preferences - preferences.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
