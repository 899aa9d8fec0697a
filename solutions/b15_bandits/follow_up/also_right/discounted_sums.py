"""As people publish it, with discounted sums: no base class, loops over the arms, Python's own random module."""

import math
import random

import numpy as np


def make_random(random_state):
    if isinstance(random_state, np.random.Generator):
        return random.Random(int(random_state.integers(2**63)))
    return random.Random(random_state)


class EpsilonGreedy:
    def __init__(self, n_arms, epsilon=0.1, random_state=None):
        if n_arms <= 0:
            raise ValueError("there must be an arm")
        if epsilon < 0 or epsilon > 1:
            raise ValueError("epsilon is a probability")
        self.n_arms = n_arms
        self.epsilon = epsilon
        self.counts = np.zeros(n_arms, dtype=int)
        self.values = np.zeros(n_arms)
        self.random = make_random(random_state)

    def select(self):
        if self.random.random() > self.epsilon:
            best = 0
            for arm in range(self.n_arms):
                if self.values[arm] > self.values[best]:
                    best = arm
            return best
        return self.random.randrange(self.n_arms)

    def update(self, arm, reward):
        if arm < 0 or arm >= self.n_arms:
            raise ValueError(f"no arm {arm}")
        self.counts[arm] += 1
        n = self.counts[arm]
        self.values[arm] = ((n - 1) / n) * self.values[arm] + (1 / n) * reward


class UCB1:
    def __init__(self, n_arms):
        if n_arms <= 0:
            raise ValueError("there must be an arm")
        self.n_arms = n_arms
        self.counts = np.zeros(n_arms, dtype=int)
        self.values = np.zeros(n_arms)

    def select(self):
        for arm in range(self.n_arms):
            if self.counts[arm] == 0:
                return arm
        total = sum(self.counts)
        ucb = [0.0] * self.n_arms
        for arm in range(self.n_arms):
            ucb[arm] = self.values[arm] + math.sqrt(2 * math.log(total) / self.counts[arm])
        return ucb.index(max(ucb))

    def update(self, arm, reward):
        if arm < 0 or arm >= self.n_arms:
            raise ValueError(f"no arm {arm}")
        self.counts[arm] += 1
        n = self.counts[arm]
        self.values[arm] = ((n - 1) / n) * self.values[arm] + (1 / n) * reward


class ThompsonSampling:
    def __init__(self, n_arms, random_state=None):
        if n_arms <= 0:
            raise ValueError("there must be an arm")
        self.n_arms = n_arms
        self.counts = np.zeros(n_arms, dtype=int)
        self.values = np.zeros(n_arms)
        self.alpha = [1] * n_arms
        self.beta = [1] * n_arms
        self.random = make_random(random_state)

    def select(self):
        samples = [self.random.betavariate(self.alpha[arm], self.beta[arm]) for arm in range(self.n_arms)]
        return samples.index(max(samples))

    def update(self, arm, reward):
        if arm < 0 or arm >= self.n_arms:
            raise ValueError(f"no arm {arm}")
        if reward == 1:
            self.alpha[arm] += 1
        elif reward == 0:
            self.beta[arm] += 1
        else:
            raise ValueError(f"rewards are 0 or 1, not {reward}")
        self.counts[arm] += 1
        self.values[arm] = (self.alpha[arm] - 1) / self.counts[arm]


class DiscountedUCB:
    def __init__(self, n_arms, discount=0.99):
        if n_arms <= 0:
            raise ValueError("there must be an arm")
        if discount <= 0 or discount > 1:
            raise ValueError("the discount is above 0 and at most 1")
        self.n_arms = n_arms
        self.discount = discount
        self.counts = np.zeros(n_arms)
        self.sums = np.zeros(n_arms)
        self.values = np.zeros(n_arms)

    def select(self):
        best, best_bound = None, None
        total = sum(self.counts)
        for arm in range(self.n_arms):
            if self.counts[arm] == 0:
                return arm
            bound = self.values[arm] + math.sqrt(2 * math.log(total) / self.counts[arm])
            if best is None or bound > best_bound:
                best, best_bound = arm, bound
        return best

    def update(self, arm, reward):
        if arm < 0 or arm >= self.n_arms:
            raise ValueError(f"no arm {arm}")
        for other in range(self.n_arms):
            self.counts[other] *= self.discount
            self.sums[other] *= self.discount
        self.counts[arm] += 1
        self.sums[arm] += reward
        self.values[arm] = self.sums[arm] / self.counts[arm]
