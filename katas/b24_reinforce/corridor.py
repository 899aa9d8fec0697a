"""A small world to learn in: a corridor with two ends."""

from __future__ import annotations


class Corridor:
    """Four rooms in a row, states 0 to 3; action 0 goes left, action 1 goes right.

    An episode begins in room 1. Leaving room 0 to the left ends it with the reward 2, leaving room 3 to the right ends it with
    the reward 10, and every other step has the reward -1. The best way is to the right: -1 - 1 + 10 = 8.

    `reset()` begins an episode and returns its first state; `step(action)` returns (next_state, reward, done). A step before
    `reset` or after the end, and the 10 000th step of an episode, is a `RuntimeError`.
    """

    n_states = 4
    n_actions = 2

    def __init__(self) -> None:
        self._state, self._steps, self._running = 1, 0, False

    def reset(self) -> int:
        """Begin an episode; return its first state."""
        self._state, self._steps, self._running = 1, 0, True
        return self._state

    def step(self, action: int) -> tuple[int, float, bool]:
        """Act; return (next_state, reward, done)."""
        if not self._running:
            raise RuntimeError("no episode is running: call reset() first")
        if action not in (0, 1):
            raise ValueError(f"action must be 0 or 1, got {action!r}")
        self._steps += 1
        if self._steps == 10_000:
            raise RuntimeError("10 000 steps, and the episode has not ended: are actions drawn from the policy?")
        here = self._state
        if (here, action) in ((0, 0), (3, 1)):
            self._running = False
            return here, 2.0 if here == 0 else 10.0, True
        self._state = here + (1 if action else -1)
        return self._state, -1.0, False
