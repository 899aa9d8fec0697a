"""As people publish it: everything in the loop of `train`, (1 - alpha) old + alpha new, Python's own random module."""

import random

import numpy as np


class QLearning:
    def __init__(self, n_states, n_actions, learning_rate=0.1, discount=0.9, epsilon=0.1, random_state=None):
        if n_states <= 0 or n_actions <= 0:
            raise ValueError("there must be a state and an action")
        if learning_rate <= 0 or learning_rate > 1:
            raise ValueError("the learning rate is above 0 and at most 1")
        if discount < 0 or discount > 1 or epsilon < 0 or epsilon > 1:
            raise ValueError("discount and epsilon are at least 0 and at most 1")
        self.n_states = n_states
        self.n_actions = n_actions
        self.alpha = learning_rate
        self.gamma = discount
        self.epsilon = epsilon
        self.q = np.zeros((n_states, n_actions))
        if isinstance(random_state, np.random.Generator):
            random_state = int(random_state.integers(2**63))
        self.random = random.Random(random_state)

    def choose_action(self, state):
        if state < 0 or state >= self.n_states:
            raise ValueError(f"no state {state}")
        if self.random.random() < self.epsilon:
            return self.random.randrange(self.n_actions)
        best = max(self.q[state])
        return self.random.choice([a for a in range(self.n_actions) if self.q[state, a] == best])

    def update(self, state, action, reward, next_state, done):
        if state < 0 or state >= self.n_states or next_state < 0 or next_state >= self.n_states:
            raise ValueError(f"no state {state} or {next_state}")
        if action < 0 or action >= self.n_actions:
            raise ValueError(f"no action {action}")
        future = 0.0
        if not done:
            future = max(self.q[next_state, a] for a in range(self.n_actions))
        self.q[state, action] = (1 - self.alpha) * self.q[state, action] + self.alpha * (reward + self.gamma * future)

    def train(self, env, episodes):
        if episodes <= 0:
            raise ValueError("there must be an episode")
        scores = []
        for _ in range(episodes):
            state = env.reset()
            score = 0
            while True:
                action = self.choose_action(state)
                next_state, reward, done = env.step(action)
                self.update(state, action, reward, next_state, done)
                score += reward
                state = next_state
                if done:
                    break
            scores.append(score)
        return scores

    def policy(self):
        return np.array([np.argmax(self.q[state]) for state in range(self.n_states)])
