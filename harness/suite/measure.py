"""Race and growth: how fast is a candidate beside a baseline, and how does its cost grow.

Pure of pytest. Never a wall-clock second: a race compares interleaved runs of two callables inside one
process, growth fits an exponent over growing sizes. Both read CPU time, so that a busy machine slows the two
sides alike, and both go on measuring while the verdict is unclear.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import itertools
import math
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

Thunk = Callable[[], object]
Clock = Callable[[], float]
Stopwatch = Callable[[Thunk, int], float]
"""CPU seconds of one call of a thunk, averaged over so many calls; more than 0."""

_MIN_SAMPLE_S = 0.002
"""A sample shorter than this is mostly the clock's own noise."""
_MIN_ROUNDS = 5
_MAX_ROUNDS = 31
_MAX_RACE_S = 6.0
_MAX_REPEATS = 10_000
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h."""


def cpu_clock() -> Clock:
    """The process's CPU clock, or the wall clock where the CPU clock ticks too coarsely (Windows: 16 ms)."""
    if time.get_clock_info("process_time").resolution <= 1e-5:
        return time.process_time
    return time.perf_counter


def cpu_stopwatch(clock: Clock | None = None) -> Stopwatch:
    """What times calls in this process, by `clock` or else `cpu_clock`."""
    now = clock or cpu_clock()

    def stopwatch(thunk: Thunk, repeats: int) -> float:
        begun = now()
        for _ in range(repeats):
            thunk()
        return max(now() - begun, 1e-9) / repeats

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

    @property
    def won(self) -> bool:
        """Whether the candidate is as many times faster as was needed."""
        return self.ratio >= self.needed


@dataclass(frozen=True, slots=True)
class Growth:
    """The result of a growth measurement: cost ~ size ** exponent."""

    exponent: float
    at_most: float
    sizes: tuple[int, ...]
    times_s: tuple[float, ...]

    @property
    def held(self) -> bool:
        """Whether the cost grows no faster than allowed."""
        return self.exponent <= self.at_most


def run_race(candidate: Thunk, baseline: Thunk, *, at_least: float, stopwatch: Stopwatch | None = None) -> Race:
    """Race `candidate` against `baseline`; it wins when it is at least `at_least` times as fast.

    `at_least` below 1 lets the candidate be slower: 1/3 means "no slower than 3x". Each round times both sides
    once, in alternating order; the verdict is the median of the rounds' ratios. Rounds go on until the confidence
    interval of that median lies on one side of `at_least`, up to 31 rounds or 6 CPU seconds.

    Raises `ValueError` for an `at_least` that is not positive.
    """
    if not at_least > 0:
        raise ValueError(f"at_least is {at_least}, expected more than 0")
    stopwatch = stopwatch or cpu_stopwatch()
    keep_freed_memory()
    with _quiet_gc():
        repeats_candidate = _calibrate(candidate, stopwatch)
        repeats_baseline = _calibrate(baseline, stopwatch)
        ratios: list[float] = []
        spent = 0.0
        while True:
            sides = [(candidate, repeats_candidate), (baseline, repeats_baseline)]
            if len(ratios) % 2:
                sides.reverse()
            times = [stopwatch(thunk, repeats) for thunk, repeats in sides]
            spent += sum(time * repeats for time, (_, repeats) in zip(times, sides, strict=True))
            if len(ratios) % 2:
                times.reverse()
            ratios.append(times[1] / times[0])
            low, high = median_interval(ratios)
            clear = low >= at_least or high < at_least
            enough = len(ratios) >= _MIN_ROUNDS
            if enough and (clear or len(ratios) >= _MAX_ROUNDS or spent > _MAX_RACE_S):
                return Race(statistics.median(ratios), at_least, len(ratios), low, high)


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


def measure_growth(
    prepare: Callable[[int], Thunk],
    sizes: Sequence[int],
    *,
    at_most: float,
    rounds: int = 5,
    max_rounds: int = 21,
    stopwatch: Stopwatch | None = None,
) -> Growth:
    """Fit cost ~ size ** exponent over `sizes`, and hold the exponent against `at_most`.

    `prepare(size)` builds the input and returns the call to time, so that building is not counted. The cost of a size is
    the least over the rounds, because noise only ever adds. More rounds follow while the exponent is above `at_most`
    by less than 0.3, where noise could decide.

    Raises `ValueError` for fewer than three sizes, or sizes that do not grow.
    """
    sizes = tuple(sizes)
    if len(sizes) < 3 or any(b <= a for a, b in itertools.pairwise(sizes)):
        raise ValueError(f"sizes is {list(sizes)}, expected at least three growing sizes")
    stopwatch = stopwatch or cpu_stopwatch()
    thunks = [prepare(size) for size in sizes]
    keep_freed_memory()
    with _quiet_gc():
        repeats = [_calibrate(thunk, stopwatch) for thunk in thunks]
        best = [math.inf] * len(sizes)
        done = 0
        while True:
            for i, thunk in enumerate(thunks):
                best[i] = min(best[i], stopwatch(thunk, repeats[i]))
            done += 1
            exponent = fit_exponent(sizes, best)
            unclear = at_most < exponent < at_most + 0.3
            if done >= rounds and not (unclear and done < max_rounds):
                return Growth(exponent, at_most, sizes, tuple(best))


def fit_exponent(sizes: Sequence[int], times_s: Sequence[float]) -> float:
    """Slope of the least-squares line through (log size, log time)."""
    xs = [math.log(size) for size in sizes]
    ys = [math.log(max(seconds, 1e-12)) for seconds in times_s]
    slope, _ = statistics.linear_regression(xs, ys)
    return slope


def peak_memory_mib(thunk: Thunk) -> float:
    """MiB that `thunk` had allocated at its worst moment, beyond what was there before (NumPy reports its buffers)."""
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        thunk()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not was_tracing:
            tracemalloc.stop()
    return (peak - before) / 2**20


def _calibrate(thunk: Thunk, stopwatch: Stopwatch) -> int:
    """How often to repeat `thunk` so that one sample is long enough to trust; warms it up on the way."""
    thunk()
    repeats = 1
    toll_s = getattr(stopwatch, "toll_s", None)
    while True:
        spent = stopwatch(thunk, repeats) * repeats
        spent += toll_s(thunk) * repeats if toll_s is not None else 0.0
        if spent >= _MIN_SAMPLE_S or repeats >= _MAX_REPEATS:
            return repeats
        repeats = min(_MAX_REPEATS, max(repeats * 2, math.ceil(repeats * 1.2 * _MIN_SAMPLE_S / max(spent, 1e-7))))


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
def _quiet_gc() -> Iterator[None]:
    """A collection in the middle of a sample would be charged to whoever happened to run."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
