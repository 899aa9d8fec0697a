"""Actions by inverse distribution from their probabilities, the end as a factor 1 - done."""

import numpy as np


class QLearning:
    def __init__(self, n_states, n_actions, learning_rate=0.1, discount=0.9, epsilon=0.1, random_state=None):
        if min(n_states, n_actions) < 1:
            raise ValueError(f"a table of {n_states} by {n_actions}")
        if not (0 < learning_rate <= 1 and 0 <= discount <= 1 and 0 <= epsilon <= 1):
            raise ValueError(f"out of range: {learning_rate=}, {discount=} or {epsilon=}")
        self.q = np.zeros((n_states, n_actions), dtype=np.float64)
        self._rate, self._discount, self._epsilon = learning_rate, discount, epsilon
        self._rng = np.random.default_rng(random_state)

    def _row(self, state):
        if state not in range(len(self.q)):
            raise ValueError(f"state {state} of {len(self.q)}")
        return self.q[state]

    def choose_action(self, state):
        row = self._row(state)
        best = row == row.max()
        chances = self._epsilon / len(row) + (1 - self._epsilon) * best / best.sum()
        uniform = self._rng.random() * chances.sum()
        return min(np.searchsorted(np.cumsum(chances), uniform, side="right"), len(row) - 1)

    def update(self, state, action, reward, next_state, done):
        row, following = self._row(state), self._row(next_state)
        if action not in range(len(row)):
            raise ValueError(f"action {action} of {len(row)}")
        error = reward + self._discount * (1 - int(done)) * following.max() - row[action]
        row[action] += self._rate * error

    def train(self, env, episodes):
        if episodes < 1:
            raise ValueError(f"{episodes} episodes")
        return [sum(self._episode(env)) for _ in range(episodes)]

    def _episode(self, env):
        state, done = env.reset(), False
        while not done:
            action = self.choose_action(state)
            before = state
            state, reward, done = env.step(action)
            self.update(before, action, reward, state, done)
            yield reward

    def policy(self):
        return self.q.shape[1] - 1 - self.q[:, ::-1].argmax(axis=1)
