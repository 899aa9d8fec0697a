"""A small world to learn in, with a cliff."""

from __future__ import annotations

LAYOUT = ["....", "....", "S--G"]
MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1)]


class GridWorld:
    """Three rows of four cells; states are the cells, row by row, from 0; actions 0 to 3 are up, right, down and left.

        .  .  .  .        An episode begins at S (state 8). Each step has the reward -1; where it would leave the grid, the
        .  .  .  .        agent stays where it is. A step onto G (state 11) ends the episode. A step onto one of the two
        S  -  -  G        cliff cells (states 9 and 10) ends it, too, with the reward -10 instead.

    `reset()` begins an episode and returns its first state; `step(action)` returns (next_state, reward, done). A step
    before `reset` or after the end, and the 10 000th step of an episode, is a `RuntimeError`.
    """

    n_states = 12
    n_actions = 4
    start = 8

    def __init__(self) -> None:
        self._state, self._steps, self._running = self.start, 0, False

    def reset(self) -> int:
        """Begin an episode; return its first state."""
        self._state, self._steps, self._running = self.start, 0, True
        return self._state

    def step(self, action: int) -> tuple[int, float, bool]:
        """Act; return (next_state, reward, done)."""
        if not self._running:
            raise RuntimeError("no episode is running: call reset() first")
        self._steps += 1
        if self._steps == 10_000:
            raise RuntimeError("10 000 steps, and the episode has not ended: does the agent explore, and learn?")
        self._state, reward, done = self.look(self._state, action)
        self._running = not done
        return self._state, reward, done

    @staticmethod
    def look(state: int, action: int) -> tuple[int, float, bool]:
        """What `step(action)` would return in `state`: the model of the world, which Q-learning does without."""
        if action not in range(4):
            raise ValueError(f"action must be 0, 1, 2 or 3, got {action!r}")
        row, column = divmod(state, 4)
        row = min(max(row + MOVES[int(action)][0], 0), 2)
        column = min(max(column + MOVES[int(action)][1], 0), 3)
        cell = LAYOUT[row][column]
        return 4 * row + column, -10.0 if cell == "-" else -1.0, cell in "-G"
