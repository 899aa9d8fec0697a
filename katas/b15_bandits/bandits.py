"""Bandits: epsilon-greedy, UCB1 and Thompson sampling."""

from __future__ import annotations

import numpy as np


class EpsilonGreedy:
    """With probability epsilon (0 to 1) any of the n_arms (at least 1), else one with the highest mean reward.

    Attributes:
        counts: how many rewards each arm has had, integers of shape (n_arms,).
        values: the mean reward of each arm, 0.0 before its first, float64 of shape (n_arms,).

    Raises:
        ValueError: n_arms or epsilon is out of range.
    """

    def __init__(
        self, n_arms: int, epsilon: float = 0.1, random_state: int | np.random.Generator | None = None
    ) -> None:
        raise NotImplementedError

    def select(self) -> int:
        """Return the arm to pull next."""
        raise NotImplementedError

    def update(self, arm: int, reward: float) -> None:
        """Record that pulling `arm` gave `reward`; raise `ValueError` for an arm outside 0..n_arms - 1."""
        raise NotImplementedError


class UCB1:
    """An arm without a reward, else one with the highest mean + sqrt(2 ln t / n_a); attributes as above."""

    def __init__(self, n_arms: int) -> None:
        raise NotImplementedError

    def select(self) -> int:
        """Return the arm to pull next."""
        raise NotImplementedError

    def update(self, arm: int, reward: float) -> None:
        """Record that pulling `arm` gave `reward`; errors as above."""
        raise NotImplementedError


class ThompsonSampling:
    """The arm with the highest draw from its posterior Beta(1 + ones, 1 + zeros). Attributes as above."""

    def __init__(self, n_arms: int, random_state: int | np.random.Generator | None = None) -> None:
        raise NotImplementedError

    def select(self) -> int:
        """Return the arm to pull next."""
        raise NotImplementedError

    def update(self, arm: int, reward: float) -> None:
        """Record that pulling `arm` gave `reward`, 0 or 1; raise `ValueError` for another arm or reward."""
        raise NotImplementedError
