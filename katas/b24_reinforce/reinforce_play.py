"""Agents in worlds that write down each episode, so that what was learnt can be computed from what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import reinforce as kata
from corridor import Corridor

Episode = tuple[list[int], list[int], list[float]]
"""States, actions and rewards."""


class Recorder:
    """A world that writes down what happens in another one."""

    def __init__(self, world: Any) -> None:
        self.world, self.episodes = world, list[Episode]()
        self._state = -1

    def reset(self) -> int:
        """Begin an episode."""
        self.episodes.append(([], [], []))
        self._state = self.world.reset()
        return self._state

    def step(self, action: int) -> tuple[int, float, bool]:
        """Act, and write it down."""
        after, reward, done = self.world.step(action)
        states, actions, rewards = self.episodes[-1]
        states.append(self._state)
        actions.append(int(action))
        rewards.append(reward)
        self._state = after
        return after, reward, done


class OneStep:
    """Episodes of a single step in state 0; action a gives rewards[a]."""

    def __init__(self, rewards: Sequence[float]) -> None:
        self._rewards, self._running = list(rewards), False

    def reset(self) -> int:
        """Begin an episode; its only state is 0."""
        self._running = True
        return 0

    def step(self, action: int) -> tuple[int, float, bool]:
        """Act; that ends the episode."""
        if not self._running:
            raise RuntimeError("no episode is running: call reset() first")
        if not 0 <= action < len(self._rewards):
            raise ValueError(f"action must be in 0..{len(self._rewards) - 1}, got {action!r}")
        self._running = False
        return 0, self._rewards[action], True


def made(options: dict[str, Any], theta: Any) -> Any:
    """An agent with these preferences."""
    theta = np.asarray(theta, dtype=np.float64)
    agent = kata.Reinforce(*theta.shape, **options)
    agent.theta[:] = theta
    return agent


def trained(options: dict[str, Any], theta: Any, rewards: Sequence[float], episodes: Sequence[int]) -> dict[str, Any]:
    """What comes of training for each number of episodes, in the corridor, or where there are rewards in `OneStep`."""
    agent, env = made(options, theta), Recorder(OneStep(rewards) if rewards else Corridor())
    returns = [agent.train(env, episodes=n) for n in episodes]
    state = {"theta": np.array(agent.theta), "values": np.array(agent.values)}
    return state | {"returns": returns, "episodes": env.episodes, "agent": agent}
