"""The fixtures of kata suites: `race`, `growth` and `memory` for the speed band, `elsewhere` for a second process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest
from threadpoolctl import threadpool_limits

from harness.core.model import Failure, Figure
from harness.suite.check import Asked, CheckFailedError, call
from harness.suite.measure import Stopwatch, Thunk, cpu_stopwatch, measure_growth, peak_memory_mib, run_race

FIGURES = pytest.StashKey[list[Figure]]()


_ATTEMPTS = 3
"""How often to measure before a figure counts as too slow: what else the machine does slows two pieces of code unequally."""
_CLEARLY = 2
"""A race that is lost by this factor is lost, in one process: between two there is more noise."""
_BEYOND_DOUBT = 0.3
"""An exponent that is this much above the bound does not come from noise."""


class Player(Protocol):
    """The process that the subject runs in, when it is not this one; see `harness.referee`."""

    def stopwatch(self) -> Stopwatch:
        """What times calls that go there, without what the way costs."""

    def peak_memory_mib(self, thunk: Thunk) -> float:
        """MiB that it had allocated at the worst moment of `thunk`, beyond what was there before."""

    def in_another(self, module: str, function: str, args: Sequence[object], hash_seed: int) -> object:
        """The result of a helper's function in a new process with the same subject."""


PLAYER = pytest.StashKey[Player]()
"""On the kata's module in pytest's tree."""


class Racer:
    """Hold a candidate to be so many times as fast as a baseline. Both run on one thread."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(
        self, candidate: Thunk, baseline: Thunk, *, at_least: float, versus: str, asked: Asked, hint: str = ""
    ) -> None:
        """Race the two; `at_least=20` means 20 times as fast, `at_least=1/3` no slower than 3 times.

        `versus` names the baseline on the scoreboard: "the loop", "sklearn".
        """
        __tracebackhide__ = True
        with threadpool_limits(limits=1):
            for _ in range(_ATTEMPTS):
                result = run_race(candidate, baseline, at_least=at_least, stopwatch=_stopwatch(self._item))
                if result.won or (_player(self._item) is None and result.ratio * _CLEARLY < at_least):
                    break
        text = f"{_times(result.ratio)} {versus}"
        _record(self._item, Figure("race", versus, result.ratio, at_least, text))
        if not result.won:
            raise _too_slow(asked, text, _wanted(at_least, versus), hint)


class Grower:
    """Hold the cost of a call to grow no faster than a power of its input's size."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(
        self,
        prepare: Callable[[int], Thunk],
        sizes: Sequence[int],
        *,
        at_most: float,
        asked: Asked,
        hint: str = "",
    ) -> None:
        """Fit cost ~ size ** exponent; `prepare(size)` returns the call to time."""
        __tracebackhide__ = True
        with threadpool_limits(limits=1):
            for _ in range(_ATTEMPTS):
                result = measure_growth(prepare, sizes, at_most=at_most, stopwatch=_stopwatch(self._item))
                if result.held or (_player(self._item) is None and result.exponent > at_most + _BEYOND_DOUBT):
                    break
        text = f"grows like n^{result.exponent:.2f}"
        _record(self._item, Figure("growth", "n", result.exponent, at_most, text))
        if not result.held:
            raise _too_slow(asked, text, f"growth like n^{at_most:g} at most", hint)


class MemoryMeter:
    """Hold a call to a peak of memory."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(self, thunk: Thunk, *, at_most_mib: float, asked: Asked, hint: str = "") -> None:
        """Measure the peak of `thunk` beyond what was allocated before it."""
        __tracebackhide__ = True
        player = _player(self._item)
        peak = peak_memory_mib(thunk) if player is None else player.peak_memory_mib(thunk)
        text = f"peak {peak:.1f} MiB"
        _record(self._item, Figure("memory", "MiB", peak, at_most_mib, text))
        if peak > at_most_mib:
            raise _too_slow(asked, text, f"at most {at_most_mib:g} MiB", hint)


class Elsewhere:
    """Call a function of the kata's helper module in a new Python process, which sees the same subject."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(self, module: str, function: str, *args: object, hash_seed: int = 0) -> Any:
        """`module.function(*args)` in another process, with `PYTHONHASHSEED` set; arguments and result go as JSON.

        Raises `CheckFailedError` when the other process fails.
        """
        __tracebackhide__ = True
        player = _player(self._item)
        if player is not None:
            return player.in_another(module, function, args, hash_seed)
        job = {
            "suite": str(self._item.path),
            "choice": self._item.config.getoption("--subject"),
            "module": module,
            "function": function,
            "args": args,
        }
        done = subprocess.run(
            [sys.executable, "-m", "harness.suite.second_process"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONUTF8": "1"},
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it died without a word"])[-1]
            if last.startswith("NotImplementedError"):
                raise NotImplementedError
            raise CheckFailedError(
                Failure(f"{call(function, *args)} in a new process", last, "an answer", kind="raised")
            )
        return json.loads(done.stdout)


@pytest.fixture
def race(request: pytest.FixtureRequest) -> Racer:
    """Interleaved runs of candidate and baseline; the verdict is their median ratio."""
    return Racer(request.node)


@pytest.fixture
def growth(request: pytest.FixtureRequest) -> Grower:
    """Cost over growing sizes, as an exponent."""
    return Grower(request.node)


@pytest.fixture
def memory(request: pytest.FixtureRequest) -> MemoryMeter:
    """Peak memory of a call."""
    return MemoryMeter(request.node)


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest) -> Elsewhere:
    """A second process with the same subject."""
    return Elsewhere(request.node)


def _player(item: pytest.Item) -> Player | None:
    module = item.getparent(pytest.Module)
    return module.stash.get(PLAYER, None) if module is not None else None


def _stopwatch(item: pytest.Item) -> Stopwatch:
    player = _player(item)
    return cpu_stopwatch() if player is None else player.stopwatch()


def _record(item: pytest.Item, figure: Figure) -> None:
    item.stash.setdefault(FIGURES, []).append(figure)


def _times(ratio: float) -> str:
    if ratio >= 10:
        return f"{ratio:.0f}x as fast as"
    if ratio >= 1:
        return f"{ratio:.1f}x as fast as"
    return f"{1 / ratio:.1f}x as slow as"


def _wanted(at_least: float, versus: str) -> str:
    return f"{'at least' if at_least >= 1 else 'at most'} {_times(at_least)} {versus}"


def _too_slow(asked: Asked, came: str, expected: str, hint: str) -> CheckFailedError:
    return CheckFailedError(Failure(str(asked), came, expected, hint=hint, kind="slow"))
