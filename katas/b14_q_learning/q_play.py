"""Many calls to the subject in one question, and a world without choice, whose values are known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import q_learning as kata
from grid_world import GridWorld

Step = tuple[int, int, float, int, bool]
"""Arguments of `update`: state, action, reward, next_state, done."""


class Chain:
    """One action; state after state, each with its own reward; where it ends, `step` names state 0 as the next one."""

    def __init__(self, rewards: Sequence[float]) -> None:
        self._rewards, self._state = list(rewards), -1

    def reset(self) -> int:
        """Begin an episode; return its first state, 0."""
        self._state = 0
        return 0

    def step(self, action: int) -> tuple[int, float, bool]:
        """Go on; return (next_state, reward, done)."""
        if self._state < 0:
            raise RuntimeError("no episode is running: call reset() first")
        if action != 0:
            raise ValueError(f"the only action is 0, got {action!r}")
        reward, done = self._rewards[self._state], self._state == len(self._rewards) - 1
        self._state = -1 if done else self._state + 1
        return max(self._state, 0), reward, done


def made(options: dict[str, Any], steps: Sequence[Step]) -> Any:
    """An agent that was told of `steps`."""
    agent = kata.QLearning(**options)
    for step in steps:
        agent.update(*step)
    return agent


def choices(options: dict[str, Any], values: Sequence[float], times: int) -> list[Any]:
    """What one agent chooses in state 1, whose actions have these values."""
    steps = [(1, action, value, 0, True) for action, value in enumerate(values) if value]
    agent = made({"n_states": 2, "n_actions": len(values), "learning_rate": 1.0} | options, steps)
    return [agent.choose_action(1) for _ in range(times)]


def trained(world: str, rewards: Sequence[float], options: dict[str, Any], episodes: Sequence[int]) -> dict[str, Any]:
    """What an agent has learnt after `train` was called for each number of episodes, in a chain or the grid world, and what
    it then chooses 2000 times at the start.
    """
    n_states, n_actions = (len(rewards), 1) if world == "chain" else (GridWorld.n_states, GridWorld.n_actions)
    agent = kata.QLearning(n_states, n_actions, **options)
    env = Chain(rewards) if world == "chain" else GridWorld()
    returns = [agent.train(env, episodes=n) for n in episodes]
    after = [agent.choose_action(env.reset()) for _ in range(2000)]
    return {"q": np.array(agent.q), "returns": returns, "policy": agent.policy(), "choices": after}
