"""Bandits, one that forgets among them: the reference of the follow-up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class _Bandit:
    """What the three have in common: counts and means of the rewards of each arm."""

    def __init__(self, n_arms: int) -> None:
        if n_arms < 1:
            raise ValueError(f"n_arms must be at least 1, got {n_arms}")
        self.n_arms = n_arms
        self.counts: npt.NDArray[Any] = np.zeros(n_arms, dtype=np.int64)
        self.values = np.zeros(n_arms)

    def update(self, arm: int, reward: float) -> None:
        """Record that pulling `arm` gave `reward`; `ValueError` for an arm outside 0..n_arms - 1."""
        self._check(arm)
        self._record(arm, reward)

    def _check(self, arm: int) -> None:
        if not 0 <= arm < self.n_arms:
            raise ValueError(f"arm must lie in 0..{self.n_arms - 1}, got {arm}")

    def _record(self, arm: int, reward: float) -> None:
        self.counts[arm] += 1
        self.values[arm] += (reward - self.values[arm]) / self.counts[arm]


class EpsilonGreedy(_Bandit):
    """With probability epsilon any arm, else one with the highest mean reward."""

    def __init__(
        self, n_arms: int, epsilon: float = 0.1, random_state: int | np.random.Generator | None = None
    ) -> None:
        super().__init__(n_arms)
        if not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon must lie in 0..1, got {epsilon}")
        self.epsilon = epsilon
        self._rng = np.random.default_rng(random_state)

    def select(self) -> int:
        """Return the arm to pull next."""
        if self._rng.random() < self.epsilon:
            return int(self._rng.integers(self.n_arms))
        return int(self._rng.choice(_best(self.values)))


class UCB1(_Bandit):
    """An arm without a reward, else one with the highest upper confidence bound (Auer et al., 2002)."""

    def select(self) -> int:
        """Return the arm to pull next."""
        untried = np.flatnonzero(self.counts == 0)
        if untried.size:
            return int(untried[0])
        bonus = np.sqrt(2 * np.log(self.counts.sum()) / self.counts)
        return int(np.argmax(self.values + bonus))


class DiscountedUCB(_Bandit):
    """UCB1 on rewards that fade: each update multiplies the weights of all earlier ones by `discount`."""

    def __init__(self, n_arms: int, discount: float = 0.99) -> None:
        super().__init__(n_arms)
        if not 0 < discount <= 1:
            raise ValueError(f"discount must be above 0 and at most 1, got {discount}")
        self.discount = discount
        self.counts = np.zeros(n_arms)

    def select(self) -> int:
        """Return the arm to pull next."""
        faded = np.flatnonzero(self.counts == 0)
        if faded.size:
            return int(faded[0])
        bonus = np.sqrt(2 * np.log(self.counts.sum()) / self.counts)
        return int(np.argmax(self.values + bonus))

    def update(self, arm: int, reward: float) -> None:
        """Record that pulling `arm` gave `reward`; `ValueError` for an arm outside 0..n_arms - 1."""
        self._check(arm)
        # All weights shrink alike, so means stay; only the mean of this arm moves, by 1 / its weight.
        self.counts *= self.discount
        self._record(arm, reward)


class ThompsonSampling(_Bandit):
    """The arm with the highest draw from its posterior, for rewards of 0 and 1 and a uniform prior."""

    def __init__(self, n_arms: int, random_state: int | np.random.Generator | None = None) -> None:
        super().__init__(n_arms)
        self._ones = np.zeros(n_arms)
        self._rng = np.random.default_rng(random_state)

    def select(self) -> int:
        """Return the arm to pull next."""
        draws = self._rng.beta(1 + self._ones, 1 + self.counts - self._ones)
        return int(np.argmax(draws))

    def update(self, arm: int, reward: float) -> None:
        """Record that pulling `arm` gave `reward`; `ValueError` for an arm out of range, or a reward other than 0 and 1."""
        if reward not in (0, 1):
            raise ValueError(f"reward must be 0 or 1, got {reward}")
        super().update(arm, reward)
        self._ones[arm] += reward


def _best(values: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """The arms that have the highest value: before there are rewards, all of them."""
    return np.flatnonzero(values == values.max())
