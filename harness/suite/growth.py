"""Growth: how the cost of a call grows with the size of its input, as an exponent. Measured as races are."""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.suite.measure import (
    MAX_S,
    Compare,
    Cost,
    Stopwatch,
    Task,
    calls_a_sample,
    cpu_stopwatch,
    keep_freed_memory,
    prepared,
    wants_of,
)


@dataclass(frozen=True, slots=True)
class Growth:
    """The result of a growth measurement: cost ~ size ** exponent."""

    exponent: float
    at_most: float
    sizes: tuple[int, ...]
    times_s: tuple[float, ...]
    is_hopeless: bool = False
    """Whether it grows so much faster, in samples so long, that measuring once more would change nothing."""

    @property
    def held(self) -> bool:
        """Whether the cost grows no faster than allowed."""
        return self.exponent <= self.at_most


BEYOND_DOUBT = 0.3
"""An exponent that is this much above the bound does not come from noise."""
_FEW_ROUNDS = 2
"""How many are enough for an exponent beyond doubt, where the calls at the largest size are long."""


def measure_growth(
    prepare: Callable[[int], Task],
    sizes: Sequence[int],
    *,
    compare: Compare,
    at_most: float,
    rounds: int = 5,
    max_rounds: int = 21,
    stopwatch: Stopwatch | None = None,
) -> Growth:
    """Fit cost ~ size ** exponent over `sizes`, and hold the exponent against `at_most`.

    `prepare(size)` makes a task with inputs of its own, so that making them is not counted; each task is called once. The
    cost of a size is the least over the rounds, because noise only ever adds. More rounds follow while the exponent is
    near `at_most`, between two thirds of it and 0.3 above it, where noise could decide. Two rounds are enough for what is
    beyond that in long calls, and one where it would be beyond it with the largest size in half the time. After each
    sample, `compare(answer, want)` holds its answers.

    Raises `ValueError` for fewer than three sizes, or sizes that do not grow, and what the tasks and `compare` raise.
    """
    sizes = tuple(sizes)
    if len(sizes) < 3 or any(b <= a for a, b in itertools.pairwise(sizes)):
        raise ValueError(f"sizes is {list(sizes)}, expected at least three growing sizes")
    stopwatch = stopwatch or cpu_stopwatch()
    keep_freed_memory()
    begun_s = time.process_time()
    elsewhere_s = 0.0
    _run_tasks(prepare, sizes[0], 1, compare, stopwatch, wants_first=True)  # warms up
    calls = [1] * len(sizes)
    best = [math.inf] * len(sizes)
    done = 0
    is_long = False
    """Whether the last sample was long enough to trust."""
    while True:
        for i, size in enumerate(sizes):
            cost = _run_tasks(prepare, size, calls[i], compare, stopwatch)
            best[i] = min(best[i], cost.work_s / calls[i])
            elsewhere_s += cost.elsewhere_s
            if done == 0:
                calls[i] = calls_a_sample(cost.sample_s, cost.around_s)
            is_long = cost.is_long
        done += 1
        exponent = fit_exponent(sizes, best)
        if is_long and _is_hopeless(sizes, best, at_most, done):
            return Growth(exponent, at_most, sizes, tuple(best), is_hopeless=True)
        unclear = at_most / 1.5 < exponent < at_most + BEYOND_DOUBT
        is_late = time.process_time() - begun_s + elsewhere_s > MAX_S
        if done >= rounds and (not unclear or done >= max_rounds or is_late):
            return Growth(exponent, at_most, sizes, tuple(best))


def _is_hopeless(sizes: Sequence[int], best: Sequence[float], at_most: float, rounds: int) -> bool:
    """Whether costs grow so fast that noise cannot be the reason; in a single round it may have doubled the last one."""
    if rounds < _FEW_ROUNDS:
        best = [*best[:-1], best[-1] / 2]
    return fit_exponent(sizes, best) > at_most + BEYOND_DOUBT


def _run_tasks(
    prepare: Callable[[int], Task],
    size: int,
    calls: int,
    compare: Compare,
    stopwatch: Stopwatch,
    *,
    wants_first: bool = False,
) -> Cost:
    begun_s = time.process_time()
    tasks = [prepared(prepare(size), Task) for _ in range(calls)]
    wants = wants_of(tasks) if wants_first else []
    sample = stopwatch([task.call for task in tasks])
    wants = wants or wants_of(tasks)
    for got, want in zip(sample.answers, wants, strict=True):
        compare(got, want)
    sample_s = sample.elsewhere_s or sample.work_s
    around_s = max(0.0, time.process_time() - begun_s + sample.elsewhere_s - sample_s)
    return Cost(math.nan, sample.work_s, sample_s, around_s, sample.elsewhere_s)


def fit_exponent(sizes: Sequence[int], times_s: Sequence[float]) -> float:
    """Slope of the least-squares line through (log size, log time)."""
    xs = [math.log(size) for size in sizes]
    ys = [math.log(max(seconds, 1e-12)) for seconds in times_s]
    slope, _ = statistics.linear_regression(xs, ys)
    return slope
