"""A race: how fast is a candidate beside a baseline; and what is measured, and how, in races and elsewhere.

Pure of pytest. Never a wall-clock second: a race compares interleaved runs of two callables inside one process. It reads CPU
time, so that a busy machine slows the two sides alike, and goes on measuring while the verdict is unclear.

Each call that is timed has inputs of its own, made by `prepare` just before, and its answer is kept and compared after the
clock has stopped. So a subject gains nothing from remembering answers, nor from answering wrongly when the size tells it
that it is being timed. What is wanted is computed after the call, which must be the first to see its inputs, and before it
in the rounds that warm up, so that a call which modifies its inputs cannot bend what it is compared with.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

T = TypeVar("T")
Thunk = Callable[[], object]
Clock = Callable[[], float]
Compare = Callable[[object, object], None]
"""Holds an answer, its first argument, against what is wanted; raises when it is wrong."""


class Contest(NamedTuple):
    """Two thunks that do the same work on the same inputs, and are timed once each."""

    candidate: Thunk
    baseline: Thunk
    want: Thunk | None = None
    """The right answer of the candidate, where the baseline's is not; called when the clock has stopped."""


class Task(NamedTuple):
    """A call that is measured once, and its right answer."""

    call: Thunk
    want: Thunk
    """Called when the clock has stopped."""


class Sample(NamedTuple):
    """What a few calls took together, and what they answered."""

    work_s: float
    """CPU seconds of the calls themselves; more than 0."""
    answers: list[object]
    elsewhere_s: float = 0.0
    """CPU seconds that another process has used on the calls, the way there included."""


Stopwatch = Callable[[Sequence[Thunk]], Sample]
"""Calls each thunk once."""

_SAMPLE_S = 0.001
_MAX_CALLS = 8
"""A sample is as many calls as take a millisecond, but no more than these, for each of them needs new inputs. Measured with
eight calls of 10 microseconds on a busy machine, the median of five samples is within 40 % of its usual value."""
_MAX_AROUND_S = 0.03
"""Nor are there more than fit into this: seconds for what calls need beside themselves, inputs, baselines and comparisons."""
_FEW_ROUNDS = 3
_BEYOND_DOUBT = 1.5
"""Few rounds are enough where each of them is on the same side by this factor."""
_MIN_ROUNDS = 5
_MAX_ROUNDS = 31
MAX_S = 4.0
"""CPU seconds, all included."""
LONG_S = 0.05
"""CPU seconds from which on a sample is not bent by more than a factor of two, whatever else the machine does."""
_HOPELESS = 4
"""A race that one long sample misses by this factor is lost: no further rounds are measured."""
_LONG_WARM_UP_S = 2.0
_HOPELESS_WARM_UP = 10
"""The same for the first round, in which a call may do what it needs to do once, such as importing a library."""
_CLEARLY = 2
"""A race that each of a few long samples misses by this factor is lost, too."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h."""


def vary(rng: np.random.Generator, n: int, within: float = 0.03) -> int:
    """A size near `n`: from `n * (1 - within)` to `n * (1 + within)`, at least 1."""
    most = math.floor(n * within)
    return max(1, n + int(rng.integers(-most, most + 1)))


def cpu_clock() -> Clock:
    """The process's CPU clock, or the wall clock where the CPU clock ticks too coarsely (Windows: 16 ms)."""
    if time.get_clock_info("process_time").resolution <= 1e-5:
        return time.process_time
    return time.perf_counter


def cpu_stopwatch(clock: Clock | None = None) -> Stopwatch:
    """What times calls in this process, by `clock` or else `cpu_clock`."""
    now = clock or cpu_clock()

    def stopwatch(thunks: Sequence[Thunk]) -> Sample:
        with quiet_gc():
            begun = now()
            answers = [thunk() for thunk in thunks]
            return Sample(max(now() - begun, 1e-9), answers)

    return stopwatch


@dataclass(frozen=True, slots=True)
class Race:
    """The result of a race: `ratio` is baseline time over candidate time, so larger is faster."""

    ratio: float
    needed: float
    rounds: int
    low: float
    """Lower end of the interval that holds the true median ratio with about 95 % confidence."""
    high: float
    is_hopeless: bool = False
    """Whether it is lost by so much, in samples so long, that measuring once more would change nothing."""

    @property
    def won(self) -> bool:
        """Whether the candidate is as many times faster as was needed."""
        return self.ratio >= self.needed


def run_race(
    prepare: Callable[[], Contest], *, compare: Compare, at_least: float, stopwatch: Stopwatch | None = None
) -> Race:
    """Race candidates against baselines; they win when they are at least `at_least` times as fast.

    `at_least` below 1 lets the candidate be slower: 1/3 means "no slower than 3x". Each round prepares some contests and
    times both sides of each once, the baselines first in every other round; the verdict is the median of the rounds'
    ratios. Rounds go on until all three lie far on one side of `at_least`, or the confidence interval of five and more
    does, up to 31 rounds or 4 CPU seconds. A single round is enough for a candidate that misses `at_least` by far in a call
    of 0.05 CPU seconds or more. After each round, `compare(answer, want)` holds the answer of each candidate.

    Raises `ValueError` for an `at_least` that is not positive, and what the contests and `compare` raise.
    """
    if not at_least > 0:
        raise ValueError(f"at_least is {at_least}, expected more than 0")
    stopwatch = stopwatch or cpu_stopwatch()
    keep_freed_memory()
    begun_s = time.process_time()
    warm_up = _run_round(prepare, 1, compare, stopwatch, wants_first=True)
    if warm_up.work_s >= _LONG_WARM_UP_S and _is_lost(warm_up, at_least, by=_HOPELESS_WARM_UP):
        return _lost_at_once(warm_up, at_least)
    first = _run_round(prepare, 1, compare, stopwatch)
    if _is_lost(first, at_least, by=_HOPELESS):
        return _lost_at_once(first, at_least)
    calls = calls_a_sample(first.sample_s, first.around_s)
    elsewhere_s = 0.0
    rounds = [first] if calls == 1 else []
    while True:
        done = _run_round(prepare, calls, compare, stopwatch, baselines_first=len(rounds) % 2 == 1)
        rounds.append(done)
        ratios = [each.ratio for each in rounds]
        elsewhere_s += done.elsewhere_s
        low, high = median_interval(ratios)
        is_clear = low >= at_least or high < at_least
        is_beyond_doubt = min(ratios) >= _BEYOND_DOUBT * at_least or max(ratios) < at_least / _BEYOND_DOUBT
        is_late = time.process_time() - begun_s + elsewhere_s > MAX_S
        is_over = is_clear or is_late or len(ratios) >= _MAX_ROUNDS
        if (is_over and len(ratios) >= _MIN_ROUNDS) or (is_beyond_doubt and len(ratios) >= _FEW_ROUNDS):
            is_hopeless = all(_is_lost(each, at_least, by=_CLEARLY) for each in rounds)
            return Race(statistics.median(ratios), at_least, len(ratios), low, high, is_hopeless)


def _is_lost(done: Cost, at_least: float, *, by: float) -> bool:
    """Whether a round misses `at_least` by this factor, in calls that are long enough to tell."""
    return done.is_long and done.ratio * by < at_least


def _lost_at_once(done: Cost, at_least: float) -> Race:
    return Race(done.ratio, at_least, 1, done.ratio, done.ratio, is_hopeless=True)


class Cost(NamedTuple):
    """What one round of a race, or one sample of a task, has cost in CPU seconds."""

    ratio: float
    """Of a race: what the baselines took, over what the candidates took."""
    work_s: float
    """What the candidates, or the tasks, took."""
    sample_s: float
    """The same with the way to another process."""
    around_s: float
    """What all else took: inputs, baselines, comparisons."""
    elsewhere_s: float
    """What another process has used of all this."""

    @property
    def is_long(self) -> bool:
        """Whether one sample can be trusted: it is long, and most of it is not the way to another process."""
        return self.work_s >= max(LONG_S, self.sample_s / 2)


def _run_round(
    prepare: Callable[[], Contest],
    calls: int,
    compare: Compare,
    stopwatch: Stopwatch,
    *,
    baselines_first: bool = False,
    wants_first: bool = False,
) -> Cost:
    begun_s = time.process_time()
    contests = [prepared(prepare(), Contest) for _ in range(calls)]
    candidates, baselines = [each.candidate for each in contests], [each.baseline for each in contests]
    wants = wants_of(contests) if wants_first else []
    if baselines_first or wants_first:
        second, first = stopwatch(baselines), stopwatch(candidates)
    else:
        first, second = stopwatch(candidates), stopwatch(baselines)
    wants = wants or wants_of(contests)
    for contest, want, got, theirs in zip(contests, wants, first.answers, second.answers, strict=True):
        compare(got, theirs if contest.want is None else want)
    elsewhere_s = first.elsewhere_s + second.elsewhere_s
    sample_s = first.elsewhere_s or first.work_s
    around_s = max(0.0, time.process_time() - begun_s + elsewhere_s - sample_s)
    return Cost(second.work_s / first.work_s, first.work_s, sample_s, around_s, elsewhere_s)


def wants_of(of: Sequence[Contest | Task]) -> list[object]:
    """The right answers, None where there is none."""
    return [each.want() if each.want is not None else None for each in of]


def calls_a_sample(call_s: float, around_s: float) -> int:
    """How many calls make a sample that is long enough to trust, when each takes `call_s` and needs `around_s` beside it."""
    for_trust = math.ceil(_SAMPLE_S / max(call_s, 1e-7))
    in_time = math.floor(_MAX_AROUND_S / max(around_s, 1e-7))
    return max(1, min(for_trust, in_time, _MAX_CALLS))


def prepared(made: object, kind: type[T]) -> T:
    """What a suite's `prepare` has made, if it is what it should be."""
    if not isinstance(made, kind):
        raise TypeError(f"prepare returned {type(made).__name__}, expected a {kind.__name__}")
    return made


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """A distribution-free confidence interval (about 95 %) of the median, from order statistics.

    The number of values below the true median is Binomial(n, 1/2), so the k-th smallest and k-th largest value
    bracket it with probability 1 - 2 P(Bin(n, 1/2) < k). Below six values that is less than 95 % for k = 1, and the
    full range is returned.
    """
    ordered = sorted(values)
    n = len(ordered)
    tail = 0.0
    k = 0
    while k < n // 2:
        tail += math.comb(n, k) / 2**n
        if 2 * tail > 0.05:
            break
        k += 1
    k = max(k, 1)
    return ordered[k - 1], ordered[n - k]


def keep_freed_memory() -> None:
    """Have the C library keep what is freed, where it is glibc.

    It gives the top of the heap back to the system or not by how the heap happens to lie; a large temporary array then costs
    page faults at each call or never, which is a factor of three between two runs of the same code.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, 2**25)
            library.mallopt(_M_TRIM_THRESHOLD, 2**28)


@contextmanager
def quiet_gc() -> Iterator[None]:
    """A collection in the middle of a sample would be charged to whoever happened to run."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
