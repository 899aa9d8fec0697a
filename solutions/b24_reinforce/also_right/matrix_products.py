"""Rewards discounted to the start, and added up from the end; steps gathered by matrices of ones; actions by Gumbel noise."""

import numpy as np


class Reinforce:
    def __init__(self, n_states, n_actions, learning_rate=0.1, discount=1.0, baseline=False, random_state=None):
        if min(n_states, n_actions) < 1 or not learning_rate > 0 or not 0 <= discount <= 1:
            raise ValueError(f"out of range: {n_states=}, {n_actions=}, {learning_rate=} or {discount=}")
        self._rate, self._discount, self._uses_baseline = learning_rate, discount, bool(baseline)
        self.theta, self._totals, self._visits = np.zeros((n_states, n_actions)), np.zeros(n_states), np.zeros(n_states)
        self._rng = np.random.default_rng(random_state)

    @property
    def values(self):
        return self._totals / np.maximum(self._visits, 1)

    def action_probabilities(self, state):
        if state not in range(len(self.theta)):
            raise ValueError(f"state {state} of {len(self.theta)}")
        row = self.theta[state]
        return np.exp(row - row.max() - np.log(np.exp(row - row.max()).sum()))

    def _parts(self, states, rewards):
        at = (np.asarray(states)[:, None] == np.arange(len(self.theta))).astype(float)
        # Discounted to the start: this is gamma**t times the return from step t on.
        fade = self._discount ** np.arange(len(rewards))
        return at, fade, np.cumsum((fade * np.asarray(rewards, dtype=float))[::-1])[::-1]

    def episode_gradient(self, states, actions, rewards):
        states, actions = np.array(states), np.array(actions)
        if states.ndim != 1 or len(states) == 0 or states.shape != actions.shape or states.shape != np.shape(rewards):
            raise ValueError(f"shapes {states.shape}, {actions.shape} and {np.shape(rewards)}")
        did = (actions[:, None] == np.arange(self.theta.shape[1])).astype(float)
        at, fade, following = self._parts(states, rewards)
        if not at.any(axis=1).all() or not did.any(axis=1).all():
            raise ValueError("a state or an action is out of range")
        policy = np.stack([self.action_probabilities(state) for state in range(len(self.theta))])
        weights = following - fade * (at @ self.values)
        return at.T @ (weights[:, None] * (did - at @ policy))

    def train(self, env, episodes):
        if episodes < 1:
            raise ValueError(f"{episodes} episodes")
        return [self._episode(env) for _ in range(episodes)]

    def _episode(self, env):
        steps, state, done = [], env.reset(), False
        while not done:
            action = int(np.argmax(self.theta[state] + self._rng.gumbel(size=self.theta.shape[1])))
            after, reward, done = env.step(action)
            steps.append((state, action, reward))
            state = after
        states, actions, rewards = map(list, zip(*steps, strict=True))
        self.theta += self._rate * self.episode_gradient(states, actions, rewards)
        if self._uses_baseline:
            # Backwards by Horner's rule, as dividing by gamma**t fails for a discount of 0.
            following = 0.0
            for state, _, reward in reversed(steps):
                following = reward + self._discount * following
                self._totals[state] += following
                self._visits[state] += 1
        return float(np.sum(rewards))
