"""How long the subject works when a suite races it: the kernel's account of the player, less what the way there costs.

A call from suite to subject crosses two processes, and of that way the player pays a part: it reads, decodes, compares and
answers. A second player without a subject, the echo, is sent the same arguments and gives the same answers; what it pays
is taken off. Neither figure can be forged from inside the player: both are read from the kernel's clocks, here.

Before each call one element of each array of floats is changed in its last digits, and put back afterwards, so that a
subject which remembers its answers by their arguments has nothing to remember.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from harness.isolation.client import Connection, Question, Remote
from harness.suite.measure import Thunk, cpu_stopwatch

FLOOR_S = 5e-6
"""What is less than this cannot be told from nothing."""
NOISE = 0.25
"""The share of the way's cost by which it differs from call to call; a subject is not charged for that."""
_BATCHES = 3
_BATCH_S = 0.002
"""A batch of echoes is as long as a sample."""
_MAX_ECHOES = 40


class RemoteStopwatch:
    """Times thunks whose work is the player's; others as usual."""

    def __init__(self, player: Connection, echo: Connection) -> None:
        self._player = player
        self._echo = echo
        self._local = cpu_stopwatch()
        self._rng = np.random.default_rng()
        self._arrays: dict[int, list[Any]] = {}
        self._tolls: dict[int, tuple[Thunk, float | None]] = {}

    def __call__(self, thunk: Thunk, repeats: int) -> float:
        """CPU seconds of one call, averaged over `repeats` calls."""
        toll_s = self._toll(thunk)
        if toll_s is None:
            return self._local(thunk, repeats)
        self._player.ask("collect_garbage", False)  # a collection would be charged to whoever happened to run
        begun_s = cpu_s(self._player)
        for _ in range(repeats):
            with self._touched(self._arrays[id(thunk)]):
                thunk()
        spent_s = cpu_s(self._player) - begun_s
        self._player.ask("collect_garbage", True)
        return max(spent_s / repeats - (1 + NOISE) * toll_s, FLOOR_S)

    def toll_s(self, thunk: Thunk) -> float:
        """What the way of one call costs, beyond the seconds that are told: a sample is as long as both."""
        return self._toll(thunk) or 0.0

    def _toll(self, thunk: Thunk) -> float | None:
        """CPU seconds that the way of one call costs the player, None for a thunk that asks it nothing."""
        known = self._tolls.get(id(thunk))
        if known is None:
            with self._player.recording() as questions:
                thunk()
            arguments = [arg for question in questions for arg in (*question.args, *question.kwargs.values())]
            inner = [item for arg in arguments if isinstance(arg, tuple) for item in arg]
            self._arrays[id(thunk)] = [arg for arg in (*arguments, *inner) if _can_be_touched(arg)]
            known = self._tolls[id(thunk)] = (thunk, self._measure(thunk, questions) if questions else None)
        return known[1]

    @contextmanager
    def _touched(self, arrays: list[Any]) -> Iterator[None]:
        """Change one element of each array in its last digits for a while."""
        undo = []
        for array in arrays:
            place = tuple(self._rng.integers(array.shape))
            undo.append((array, place, array[place]))
            array[place] *= 1 + 2.0**-40
        try:
            yield
        finally:
            for array, place, value in undo:
                array[place] = value

    def _measure(self, thunk: Thunk, questions: list[Question]) -> float:
        """CPU seconds of the way of one call.

        How long it is measured depends on the way alone: by being slow at first, a subject could have it measured badly.
        """
        calls = [self._imitate(question) for question in questions]
        self._batch(thunk, calls, 1)  # what is handed over for the first time is dearer
        echoes = max(1, min(_MAX_ECHOES, math.ceil(_BATCH_S / max(self._batch(thunk, calls, 1), FLOOR_S))))
        # Noise only ever adds, and what it adds here would be taken off the subject's time.
        return min(self._batch(thunk, calls, echoes) for _ in range(_BATCHES))

    def _batch(self, thunk: Thunk, calls: list[tuple[list[Any], dict[str, Any]]], echoes: int) -> float:
        begun_s = cpu_s(self._echo)
        for _ in range(echoes):
            with self._touched(self._arrays[id(thunk)]):
                for args, kwargs in calls:
                    self._echo.ask("echo", *args, **kwargs)
        return (cpu_s(self._echo) - begun_s) / echoes

    def _imitate(self, question: Question) -> tuple[list[Any], dict[str, Any]]:
        """The same question for the echo: what the player has is stood for by something that the echo has."""
        dummy = self._echo.ask("keep", None)
        answer = dummy if isinstance(question.value, Remote) else self._echo.ask("keep", question.value)

        def stand_in(arg: object) -> object:
            if isinstance(arg, tuple):  # the arguments of a helper's function
                return tuple(map(stand_in, arg))
            return dummy if isinstance(arg, Remote) else arg

        args = [stand_in(arg) for arg in question.args]
        return [answer, *args], {name: stand_in(arg) for name, arg in question.kwargs.items()}


def _can_be_touched(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 0 and value.flags.writeable


def cpu_s(connection: Connection) -> float:
    """CPU seconds that the player has used, by the kernel's account and not by its own."""
    return time.clock_gettime(connection.process.cpu_clock())
