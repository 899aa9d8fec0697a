"""Races and growth: right verdicts from clocks that are made up, and equal verdicts on a machine that is busy."""

from __future__ import annotations

import math
import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite.measure import (
    cpu_stopwatch,
    fit_exponent,
    measure_growth,
    median_interval,
    peak_memory_mib,
    run_race,
)


class FakeClock:
    """Time that passes only when work is done, with noise in it."""

    def __init__(self, noise: float = 0.0, seed: int = 0) -> None:
        self.now = 0.0
        self._noise = noise
        self._random = random.Random(seed)

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> Callable[[], None]:
        def thunk() -> None:
            self.now += seconds * math.exp(abs(self._random.gauss(0.0, self._noise)))

        return thunk


@given(st.floats(1e-5, 1.0), st.floats(1.2, 200.0), st.integers(0, 2**16))
def test_a_race_is_decided_by_the_ratio_whatever_the_noise(seconds: float, speed: float, seed: int) -> None:
    clock = FakeClock(noise=0.3, seed=seed)
    easy = run_race(
        clock.work(seconds), clock.work(seconds * speed * 2.0), at_least=speed, stopwatch=cpu_stopwatch(clock)
    )
    hard = run_race(
        clock.work(seconds), clock.work(seconds * speed / 2.0), at_least=speed, stopwatch=cpu_stopwatch(clock)
    )
    assert easy.won
    assert not hard.won


def test_a_race_without_noise_gives_the_exact_ratio_in_the_fewest_rounds() -> None:
    clock = FakeClock()
    race = run_race(clock.work(0.01), clock.work(0.25), at_least=20, stopwatch=cpu_stopwatch(clock))
    assert race.ratio == pytest.approx(25.0)
    assert race.rounds == 5


def test_close_races_take_more_rounds_than_clear_ones() -> None:
    rounds = {2.0: 0, 9.0: 0}
    for ratio in rounds:
        for seed in range(20):
            clock = FakeClock(noise=0.4, seed=seed)
            rounds[ratio] += run_race(
                clock.work(0.01), clock.work(ratio * 0.01), at_least=2.0, stopwatch=cpu_stopwatch(clock)
            ).rounds
    assert rounds[2.0] > 2 * rounds[9.0]


@pytest.mark.parametrize("bad", [0, -1.0, math.nan])
def test_a_race_without_a_positive_bound_is_an_error(bad: float) -> None:
    with pytest.raises(ValueError, match="at_least is"):
        run_race(lambda: None, lambda: None, at_least=bad)


@given(st.floats(0.2, 3.0), st.integers(0, 2**16))
def test_growth_finds_the_exponent(exponent: float, seed: int) -> None:
    clock = FakeClock(noise=0.2, seed=seed)
    growth = measure_growth(
        lambda n: clock.work(1e-4 * n**exponent),
        [8, 16, 32, 64, 128],
        at_most=exponent + 0.25,
        stopwatch=cpu_stopwatch(clock),
    )
    assert growth.exponent == pytest.approx(exponent, abs=0.2)
    assert growth.held


def test_growth_holds_a_quadratic_cost_against_a_linear_bound() -> None:
    clock = FakeClock(noise=0.3)
    assert not measure_growth(
        lambda n: clock.work(1e-4 * n**2), [10, 20, 40, 80], at_most=1.4, stopwatch=cpu_stopwatch(clock)
    ).held


@pytest.mark.parametrize("sizes", [[1, 2], [4, 2, 1], [1, 1, 1]])
def test_growth_needs_three_growing_sizes(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="at least three growing sizes"):
        measure_growth(lambda _: lambda: None, sizes, at_most=1.0)


@given(st.lists(st.floats(0.1, 100.0), min_size=5, max_size=40))
def test_the_interval_of_a_median_holds_it_and_lies_among_the_values(values: list[float]) -> None:
    low, high = median_interval(values)
    assert min(values) <= low <= np.median(values) <= high <= max(values)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(2000):
        low, high = median_interval(rng.exponential(size=15).tolist())
        covered += low <= math.log(2) <= high
    assert covered / 2000 > 0.94


def test_a_power_law_is_fitted_exactly() -> None:
    sizes = [10, 100, 1000]
    assert fit_exponent(sizes, [3.0 * n**1.5 for n in sizes]) == pytest.approx(1.5)


def test_peak_memory_sees_an_array_that_is_gone_again() -> None:
    assert 8.0 <= peak_memory_mib(lambda: np.ones(2**20).sum()) < 9.0


def burn() -> None:
    """Keep a core busy."""
    while True:
        sum(range(10_000))


@contextmanager
def busy_machine() -> Iterator[None]:
    """A busy loop on each core."""
    context = multiprocessing.get_context("spawn")
    loops = [context.Process(target=burn, daemon=True) for _ in range(os.cpu_count() or 1)]
    for loop in loops:
        loop.start()
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.join()


def test_twenty_races_on_a_busy_machine_give_twenty_equal_verdicts() -> None:
    y_true, y_pred = np.random.default_rng(0).normal(size=(2, 10_000))
    lists = y_true.tolist(), y_pred.tolist()

    def fast() -> float:
        return float(np.mean((y_true - y_pred) ** 2))

    def loop() -> float:
        return float(sum((a - b) ** 2 for a, b in zip(*lists, strict=True)) / len(lists[0]))

    with busy_machine():
        reference = [run_race(fast, loop, at_least=20).won for _ in range(20)]
        baseline = [run_race(loop, loop, at_least=20).won for _ in range(20)]
    assert reference == [True] * 20
    assert baseline == [False] * 20


def test_twenty_growth_measurements_on_a_busy_machine_give_twenty_equal_verdicts() -> None:
    def linear(n: int) -> Callable[[], object]:
        items = list(range(n))
        return lambda: set(items)

    def quadratic(n: int) -> Callable[[], object]:
        items = list(range(n))
        return lambda: [item for item in items if item in items]

    with busy_machine():
        good = [measure_growth(linear, [2000, 4000, 8000, 16000], at_most=1.5).held for _ in range(20)]
        bad = [measure_growth(quadratic, [100, 200, 400, 800], at_most=1.5).held for _ in range(20)]
    assert good == [True] * 20
    assert bad == [False] * 20
