"""The fixtures of the speed band: `race`, `growth` and `memory`.

What is measured is made by a function of the suite, `prepare(rng)`, which is called anew for every call that is measured: with
fresh values from `rng`, and with a fresh size where it asks `vary` for one. No thunk is timed twice on the same inputs, so
no memo can help, not even one keyed on sizes, on rounded values or on the first few elements. Each measured answer is
compared by `same` (`check.close`, say) after the clock has stopped, so a wrong answer at the measured size fails the test.

    def prepare(rng: np.random.Generator) -> Contest:
        y_true, y_pred = rng.normal(size=(2, vary(rng, 10_000)))
        as_lists = y_true.tolist(), y_pred.tolist()
        return Contest(lambda: kata.mse(y_true, y_pred), lambda: loop_mse(*as_lists))

    race(prepare, same=check.close, at_least=20, versus="the loop", asked="mse of 10 000 elements")

`rng` is seeded from the run's hypothesis seed where there is one (grading draws it anew for each run), and from the test's
node id, so that a run can be repeated. Making inputs is not timed, but costs as much as it costs: seven times at least, and
up to some 250 times where a call takes microseconds.

Where the subject is in another process, the way there is measured and taken off, but what is much smaller than that cannot
be told from it: 0.15 ms a call, and 5 microseconds for 1000 numbers. A function that goes through its arguments once is
better raced on 50 000 numbers than on 5 000.

Three rules for suites. `prepare` makes all that it uses of the subject's, objects too; but what the call asks about (queries,
say) is for the call to hand over: what the subject has seen before, it may have worked on before. A call answers with
plain values, and reads in itself what an object has found (`lambda: model.fit(X).centroids`): an object could work when it is
compared. `want` gives the same before the call and after it: both happen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, ParamSpec, Protocol

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from harness.core.model import Failure, FailureKind, Figure, FigureKind
from harness.suite.answers import lazy_part
from harness.suite.check import Asked, CheckFailedError, show
from harness.suite.growth import BEYOND_DOUBT, Growth, measure_growth
from harness.suite.measure import (
    Compare,
    Contest,
    Race,
    Stopwatch,
    Task,
    cpu_stopwatch,
    run_race,
    vary,
)
from harness.suite.memory import peak_memory_mib
from harness.suite.remote_subject import remote_subject_of

__all__ = ["Contest", "Grower", "MemoryMeter", "Racer", "Same", "Task", "vary"]

P = ParamSpec("P")
FIGURES = pytest.StashKey[list[Figure]]()


WRONG = "a measured answer is wrong"
"""What fails a speed test whose figure would not have."""
PLAIN = "a plain value: numbers, strings, arrays, and containers of them"
NOT_YET = "all of the answer must be there when the call returns, and not be computed when it is looked at"
_ATTEMPTS = 3
"""How often to measure before a figure counts as too slow: what else the machine does slows two pieces of code unequally."""
_CLEARLY = 2
"""A race that is lost by this factor is lost, in one process: between two there is more noise."""


class Same(Protocol):
    """Holds a measured answer to be what is wanted: `check.close`, `check.equal`, or a suite's own function."""

    def __call__(self, got: Any, want: Any, /, *, asked: Asked) -> object:
        """Raise `CheckFailedError` when it is not."""


def _new_form(form: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Say how a fixture is called to those who still call it as it was called before `prepare`."""

    def decorate(call_: Callable[P, None]) -> Callable[P, None]:
        @wraps(call_)
        def checked(*args: P.args, **kwargs: P.kwargs) -> None:
            __tracebackhide__ = True
            if "same" not in kwargs:
                raise TypeError(f"a speed fixture is called as {form}: see harness/suite/speed.py")
            call_(*args, **kwargs)

        return checked

    return decorate


class Racer:
    """Hold a candidate to be so many times as fast as a baseline, with right answers. Both run on one thread."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    @_new_form("race(prepare, same=..., at_least=..., versus=..., asked=...)")
    def __call__(
        self,
        prepare: Callable[[np.random.Generator], Contest],
        *,
        same: Same,
        at_least: float,
        versus: str,
        asked: Asked,
        hint: str = "",
    ) -> None:
        """Race the two; `at_least=20` means 20 times as fast, `at_least=1/3` no slower than 3 times.

        `prepare(rng)` makes a `Contest` with inputs of its own. `same(got, want, asked=asked)` holds each answer of a
        candidate against `want()` of its contest where there is one, else against the baseline's answer. `versus` names the
        baseline on the scoreboard: "the loop", "sklearn".
        """
        __tracebackhide__ = True
        rng = _rng(self._item)
        compare = _comparing(same, asked)
        with threadpool_limits(limits=1):
            for _ in range(_ATTEMPTS):
                result = run_race(
                    lambda: prepare(rng), compare=compare, at_least=at_least, stopwatch=_stopwatch(self._item, at_least)
                )
                if result.won or self._is_lost(result):
                    break
        text = f"{_times(result.ratio)} {versus}"
        _record(self._item, Figure(FigureKind.RACE, versus, result.ratio, at_least, text))
        if not result.won:
            raise _too_slow(asked, text, _wanted(at_least, versus), hint)

    def _is_lost(self, result: Race) -> bool:
        is_local = remote_subject_of(self._item) is None
        return result.is_hopeless or (is_local and result.ratio * _CLEARLY < result.needed)


class Grower:
    """Hold the cost of a call to grow no faster than a power of its input's size, with right answers."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    @_new_form("growth(prepare, sizes, same=..., at_most=..., asked=...)")
    def __call__(
        self,
        prepare: Callable[[np.random.Generator, int], Task],
        sizes: Sequence[int],
        *,
        same: Same,
        at_most: float,
        asked: Asked,
        hint: str = "",
    ) -> None:
        """Fit cost ~ size ** exponent; `prepare(rng, size)` makes a `Task` with inputs of its own.

        `same(got, want, asked=asked)` holds each answer against `want()` of its task. A call that takes less than 0.1 ms at
        the least size is better repeated inside the task.
        """
        __tracebackhide__ = True
        rng = _rng(self._item)
        compare = _comparing(same, asked)
        with threadpool_limits(limits=1):
            for _ in range(_ATTEMPTS):
                result = measure_growth(
                    lambda size: prepare(rng, size),
                    sizes,
                    compare=compare,
                    at_most=at_most,
                    stopwatch=_stopwatch(self._item),
                )
                if result.held or self._is_lost(result):
                    break
        text = f"grows like n^{result.exponent:.2f}"
        _record(self._item, Figure(FigureKind.GROWTH, "n", result.exponent, at_most, text))
        if not result.held:
            raise _too_slow(asked, text, f"growth like n^{at_most:g} at most", hint)

    def _is_lost(self, result: Growth) -> bool:
        is_local = remote_subject_of(self._item) is None
        return result.is_hopeless or (is_local and result.exponent > result.at_most + BEYOND_DOUBT)


class MemoryMeter:
    """Hold a call to a peak of memory, with right answers."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    @_new_form("memory(prepare, same=..., at_most_mib=..., asked=...)")
    def __call__(
        self,
        prepare: Callable[[np.random.Generator], Task],
        *,
        same: Same,
        at_most_mib: float,
        asked: Asked,
        hint: str = "",
    ) -> None:
        """Measure the peak of a task's call; `same(got, want, asked=asked)` holds its answer against its `want()`."""
        __tracebackhide__ = True
        rng = _rng(self._item)
        player = remote_subject_of(self._item)
        measure = peak_memory_mib if player is None else player.peak_memory_mib
        with threadpool_limits(limits=1):
            peak = measure(lambda: prepare(rng), _comparing(same, asked))
        text = f"peak {peak:.1f} MiB"
        _record(self._item, Figure(FigureKind.MEMORY, "MiB", peak, at_most_mib, text))
        if peak > at_most_mib:
            raise _too_slow(asked, text, f"at most {at_most_mib:g} MiB", hint)


@pytest.fixture
def race(request: pytest.FixtureRequest) -> Racer:
    """Interleaved runs of candidates and baselines; the verdict is their median ratio."""
    return Racer(request.node)


@pytest.fixture
def growth(request: pytest.FixtureRequest) -> Grower:
    """Cost over growing sizes, as an exponent."""
    return Grower(request.node)


@pytest.fixture
def memory(request: pytest.FixtureRequest) -> MemoryMeter:
    """Peak memory of a call."""
    return MemoryMeter(request.node)


def _stopwatch(item: pytest.Item, at_least: float = 1.0) -> Stopwatch:
    player = remote_subject_of(item)
    return cpu_stopwatch() if player is None else player.stopwatch(at_least)


def _rng(item: pytest.Item) -> np.random.Generator:
    """What inputs are drawn from: other values for each test and for each seed of the run."""
    seed = item.config.getoption("--hypothesis-seed", default=None)
    digest = hashlib.sha256(f"{seed} {item.nodeid}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def _comparing(same: Same, asked: Asked) -> Compare:
    """`same`, whose failures say that it was a measured answer."""

    def compare(got: object, want: object) -> None:
        __tracebackhide__ = True
        lazy = lazy_part(got)
        if lazy is not None:
            raise CheckFailedError(Failure(str(asked), show(lazy), PLAIN, WRONG, NOT_YET))
        try:
            same(got, want, asked=asked)
        except CheckFailedError as error:
            mistake = f"{WRONG}: {error.failure.mistake}" if error.failure.mistake else WRONG
            raise CheckFailedError(replace(error.failure, mistake=mistake)) from None

    return compare


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
    return CheckFailedError(Failure(str(asked), came, expected, hint=hint, kind=FailureKind.SLOW))
