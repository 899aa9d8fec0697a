"""As people publish it: loops over steps and actions, lists, Python's own random module."""

import math
import random

import numpy as np


class Reinforce:
    def __init__(self, n_states, n_actions, learning_rate=0.1, discount=1.0, baseline=False, random_state=None):
        if n_states <= 0 or n_actions <= 0:
            raise ValueError("there must be a state and an action")
        if learning_rate <= 0:
            raise ValueError("the learning rate must be positive")
        if discount < 0 or discount > 1:
            raise ValueError("the discount is at least 0 and at most 1")
        self.n_states = n_states
        self.n_actions = n_actions
        self.alpha = learning_rate
        self.gamma = discount
        self.baseline = baseline
        self.theta = np.zeros((n_states, n_actions))
        self.values = np.zeros(n_states)
        self.returns = [[] for _ in range(n_states)]
        if isinstance(random_state, np.random.Generator):
            random_state = int(random_state.integers(2**63))
        self.random = random.Random(random_state)

    def action_probabilities(self, state):
        if state < 0 or state >= self.n_states:
            raise ValueError(f"no state {state}")
        highest = max(self.theta[state])
        powers = [math.exp(preference - highest) for preference in self.theta[state]]
        return np.array([power / sum(powers) for power in powers])

    def discounted(self, rewards):
        returns = []
        for t in range(len(rewards)):
            total = 0.0
            for k in range(t, len(rewards)):
                total += self.gamma ** (k - t) * float(rewards[k])
            returns.append(total)
        return returns

    def episode_gradient(self, states, actions, rewards):
        for values in (states, actions, rewards):
            if np.ndim(values) != 1 or len(values) != len(states) or len(values) == 0:
                raise ValueError("states, actions and rewards are equally long lists")
        for action in actions:
            if action < 0 or action >= self.n_actions:
                raise ValueError(f"no action {action}")
        gradient = np.zeros((self.n_states, self.n_actions))
        returns = self.discounted(rewards)
        for t in range(len(returns)):
            state = states[t]
            advantage = returns[t]
            probabilities = self.action_probabilities(state)
            if self.baseline:
                advantage -= self.values[state]
            for action in range(self.n_actions):
                indicator = 1 if action == actions[t] else 0
                gradient[state, action] += self.gamma**t * advantage * (indicator - probabilities[action])
        return gradient

    def train(self, env, episodes):
        if episodes <= 0:
            raise ValueError("there must be an episode")
        scores = []
        for _ in range(episodes):
            states, actions, rewards = [], [], []
            state = env.reset()
            done = False
            while not done:
                probabilities = self.action_probabilities(state)
                action = self.random.choices(range(self.n_actions), weights=probabilities)[0]
                next_state, reward, done = env.step(action)
                states.append(state)
                actions.append(action)
                rewards.append(reward)
                state = next_state
            self.theta = self.theta + self.alpha * self.episode_gradient(states, actions, rewards)
            if self.baseline:
                for state, value in zip(states, self.discounted(rewards), strict=True):
                    self.returns[state].append(value)
                    self.values[state] = sum(self.returns[state]) / len(self.returns[state])
            scores.append(sum(rewards))
        return scores
