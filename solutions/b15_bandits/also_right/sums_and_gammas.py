"""Sums instead of running means, one draw for exploring and arm, a beta variate as a ratio of gamma variates."""

import numpy as np


class Log:
    def __init__(self, n_arms):
        if n_arms < 1:
            raise ValueError(f"n_arms={n_arms}, expected at least 1")
        self.counts, self._sums = np.zeros(n_arms, dtype=np.intp), np.zeros(n_arms)

    @property
    def values(self):
        return np.divide(self._sums, self.counts, out=np.zeros(len(self._sums)), where=self.counts > 0)

    def update(self, arm, reward):
        if arm not in range(len(self.counts)):
            raise ValueError(f"arm {arm} of {len(self.counts)}")
        self.counts[arm] += 1
        self._sums[arm] += reward


class EpsilonGreedy(Log):
    def __init__(self, n_arms, epsilon=0.1, random_state=None):
        super().__init__(n_arms)
        if not 0 <= epsilon <= 1:
            raise ValueError(f"epsilon={epsilon}")
        self._epsilon, self._rng = epsilon, np.random.default_rng(random_state)

    def select(self):
        n = len(self.counts)
        # Below epsilon, the uniform number says which arm too: each has epsilon / n of it.
        uniform = 1 - self._rng.random()
        if uniform <= self._epsilon:
            return min(int(uniform / self._epsilon * n), n - 1)
        return n - 1 - np.argmax(self.values[::-1])


class UCB1(Log):
    def select(self):
        with np.errstate(divide="ignore", invalid="ignore"):
            bonus = np.sqrt(2 * np.log(max(self.counts.sum(), 1)) / self.counts)
        return np.argmax(np.where(self.counts == 0, np.inf, self.values + bonus))


class ThompsonSampling(Log):
    def __init__(self, n_arms, random_state=None):
        super().__init__(n_arms)
        self._rng = np.random.default_rng(random_state)

    def select(self):
        a = self._rng.standard_gamma(1 + self._sums)
        b = self._rng.standard_gamma(1 + self.counts - self._sums)
        return int((a / (a + b)).argmax())

    def update(self, arm, reward):
        if reward != 0 and reward != 1:
            raise ValueError(f"reward {reward}, expected 0 or 1")
        super().update(arm, reward)
