"""Races and growth: right verdicts from clocks that are made up, and equal verdicts on a machine that is busy."""

from __future__ import annotations

import math
import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite.growth import fit_exponent, measure_growth
from harness.suite.measure import (
    Contest,
    Race,
    Task,
    Thunk,
    cpu_stopwatch,
    median_interval,
    run_race,
    vary,
)
from harness.suite.memory import peak_memory_mib


class WrongError(Exception):
    """An answer is not the one that was wanted."""


def equal(got: object, want: object) -> None:
    if got != want:
        raise WrongError(f"{got} is not {want}")


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

    def race(self, candidate_s: float, baseline_s: float, *, at_least: float) -> Race:
        contest = Contest(self.work(candidate_s), self.work(baseline_s))
        return run_race(lambda: contest, compare=equal, at_least=at_least, stopwatch=cpu_stopwatch(self))

    def task(self, seconds: float) -> Task:
        return Task(self.work(seconds), lambda: None)


@given(st.floats(1e-5, 1.0), st.floats(1.2, 200.0), st.integers(0, 2**16))
def test_a_race_is_decided_by_the_ratio_whatever_the_noise(seconds: float, speed: float, seed: int) -> None:
    clock = FakeClock(noise=0.3, seed=seed)
    easy = clock.race(seconds, seconds * speed * 2.0, at_least=speed)
    hard = clock.race(seconds, seconds * speed / 2.0, at_least=speed)
    assert easy.won
    assert not hard.won


def test_a_race_without_noise_gives_the_exact_ratio_in_the_fewest_rounds() -> None:
    race = FakeClock().race(0.01, 0.25, at_least=20)
    assert race.ratio == pytest.approx(25.0)
    assert race.rounds == 5


def test_close_races_take_more_rounds_than_clear_ones() -> None:
    rounds = {2.0: 0, 9.0: 0}
    for ratio in rounds:
        for seed in range(20):
            rounds[ratio] += FakeClock(noise=0.4, seed=seed).race(0.01, ratio * 0.01, at_least=2.0).rounds
    assert rounds[2.0] > 2 * rounds[9.0]


@pytest.mark.parametrize(("candidate_s", "rounds"), [(0.2, 1), (0.02, 3)])
def test_one_long_round_is_enough_for_a_race_that_is_lost_by_far(candidate_s: float, rounds: int) -> None:
    race = FakeClock(noise=0.3).race(candidate_s, candidate_s, at_least=20)
    assert not race.won
    assert race.rounds == rounds


def test_a_race_that_is_lost_by_little_is_measured_in_several_rounds() -> None:
    race = FakeClock().race(0.5, 0.5 * 20 / 3, at_least=20)
    assert (race.won, race.rounds, race.is_hopeless) == (False, 3, True)
    race = FakeClock().race(0.5, 0.5 * 20 / 1.2, at_least=20)
    assert (race.won, race.rounds, race.is_hopeless) == (False, 5, False)


def test_what_a_candidate_needs_once_does_not_lose_a_race() -> None:
    clock = FakeClock()
    once = iter([clock.work(1.9)])

    def candidate() -> None:
        next(once, clock.work(0.01))()

    race = run_race(
        lambda: Contest(candidate, clock.work(0.25)), compare=equal, at_least=20, stopwatch=cpu_stopwatch(clock)
    )
    assert race.won


def test_a_candidate_that_takes_seconds_at_first_is_not_called_again() -> None:
    clock = FakeClock()
    calls: list[object] = []

    def candidate() -> None:
        calls.append(clock.work(30.0)())

    contest = Contest(candidate, clock.work(0.01))
    race = run_race(lambda: contest, compare=equal, at_least=1 / 3, stopwatch=cpu_stopwatch(clock))
    assert (race.won, race.is_hopeless, len(calls)) == (False, True, 1)


@pytest.mark.parametrize("bad", [0, -1.0, math.nan])
def test_a_race_without_a_positive_bound_is_an_error(bad: float) -> None:
    with pytest.raises(ValueError, match="at_least is"):
        run_race(lambda: Contest(int, int), compare=equal, at_least=bad)


class Suite:
    """Makes contests and tasks that count how often each is called."""

    def __init__(self, answer: Callable[[int], object]) -> None:
        self.calls: list[int] = []
        self._answer = answer
        self._clock = FakeClock()

    def _candidate(self, number: int) -> object:
        self.calls[number] += 1
        self._clock.now += 1e-5
        return self._answer(number)

    def _baseline(self, number: int) -> object:
        self._clock.now += 1e-3
        return number

    def _number(self) -> int:
        self.calls.append(0)
        return len(self.calls) - 1

    def race(self, *, want: Callable[[int], object] | None = None) -> Race:
        def prepare() -> Contest:
            number = self._number()
            wanted: Thunk | None = None if want is None else lambda: want(number)
            return Contest(lambda: self._candidate(number), lambda: self._baseline(number), wanted)

        return run_race(prepare, compare=equal, at_least=20, stopwatch=cpu_stopwatch(self._clock))

    def growth(self) -> None:
        def prepare(_: int) -> Task:
            number = self._number()
            return Task(lambda: self._candidate(number), lambda: number)

        measure_growth(prepare, [1, 2, 3], compare=equal, at_most=1.0, stopwatch=cpu_stopwatch(self._clock))

    def memory(self) -> None:
        def prepare() -> Task:
            number = self._number()
            return Task(lambda: self._candidate(number), lambda: number)

        peak_memory_mib(prepare, equal)


@pytest.mark.parametrize("kind", ["race", "growth", "memory"])
def test_each_task_is_called_once(kind: str) -> None:
    suite = Suite(lambda number: number)
    getattr(suite, kind)()
    assert set(suite.calls) == {1}


def test_short_calls_are_measured_several_at_a_time() -> None:
    suite = Suite(lambda number: number)
    rounds = suite.race().rounds
    assert len(suite.calls) == 2 + 8 * rounds


@pytest.mark.parametrize("kind", ["race", "growth", "memory"])
def test_the_last_wrong_answer_is_found(kind: str) -> None:
    right = Suite(lambda number: number)
    getattr(right, kind)()
    last = len(right.calls) - 1
    with pytest.raises(WrongError, match=f"-1 is not {last}"):
        getattr(Suite(lambda number: number if number < last else -1), kind)()


def test_answers_are_held_against_what_is_wanted_or_else_the_baselines() -> None:
    assert Suite(lambda number: -number).race(want=lambda number: -number).won
    with pytest.raises(WrongError):
        Suite(lambda number: number).race(want=lambda number: -number)


def test_what_is_wanted_is_known_before_the_candidate_could_bend_it() -> None:
    def prepare() -> Contest:
        x = [1.0, 2.0]

        def bend() -> float:
            x.clear()
            return 0.0

        return Contest(bend, lambda: sum(x), lambda: sum(x))

    with pytest.raises(WrongError, match=r"0\.0 is not 3\.0"):
        run_race(prepare, compare=equal, at_least=0.001)


def test_a_candidate_that_bends_the_baselines_input_is_found_when_the_baseline_comes_first() -> None:
    def prepare() -> Contest:
        x = [1.0, 2.0]

        def bend() -> float:
            x.clear()
            return 0.0

        return Contest(bend, lambda: float(sum(x)))

    with pytest.raises(WrongError, match=r"0\.0 is not 3\.0"):
        run_race(prepare, compare=equal, at_least=0.001)


def test_what_is_no_contest_is_an_error() -> None:
    made: Any = int
    with pytest.raises(TypeError, match="prepare returned type, expected a Contest"):
        run_race(lambda: made, compare=equal, at_least=1.0)
    with pytest.raises(TypeError, match="prepare returned type, expected a Task"):
        measure_growth(lambda _: made, [1, 2, 3], compare=equal, at_most=1.0)


@given(st.integers(1, 10**6), st.floats(0.0, 0.5), st.integers(0, 2**16))
def test_sizes_vary_within_their_bounds(n: int, within: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(5):
        assert max(1, n * (1 - within)) <= vary(rng, n, within) <= n * (1 + within)


def test_a_size_takes_many_values() -> None:
    rng = np.random.default_rng(0)
    assert len({vary(rng, 10_000) for _ in range(100)}) > 80


@given(st.floats(0.2, 3.0), st.integers(0, 2**16))
def test_growth_finds_the_exponent(exponent: float, seed: int) -> None:
    clock = FakeClock(noise=0.2, seed=seed)
    growth = measure_growth(
        lambda n: clock.task(1e-4 * n**exponent),
        [8, 16, 32, 64, 128],
        compare=equal,
        at_most=exponent + 0.25,
        stopwatch=cpu_stopwatch(clock),
    )
    assert growth.exponent == pytest.approx(exponent, abs=0.2)
    assert growth.held


def test_growth_holds_a_quadratic_cost_against_a_linear_bound() -> None:
    clock = FakeClock(noise=0.3)
    assert not measure_growth(
        lambda n: clock.task(1e-4 * n**2),
        [10, 20, 40, 80],
        compare=equal,
        at_most=1.4,
        stopwatch=cpu_stopwatch(clock),
    ).held


@pytest.mark.parametrize(
    ("exponent", "unit_s", "rounds"),
    [(2.0, 1e-4, 1), (1.8, 1e-4, 2), (2.0, 1e-7, 5), (1.45, 1e-4, 21)],
    ids=["far beyond", "beyond", "short calls", "near"],
)
def test_growth_is_measured_in_few_rounds_where_the_bound_is_missed_by_far(
    exponent: float, unit_s: float, rounds: int
) -> None:
    clock = FakeClock()
    made: list[int] = []

    def prepare(n: int) -> Task:
        made.append(n)
        return clock.task(unit_s * n**exponent)

    growth = measure_growth(prepare, [10, 40, 160], compare=equal, at_most=1.4, stopwatch=cpu_stopwatch(clock))
    assert not growth.held
    assert growth.is_hopeless is (rounds < 3)
    assert made.count(160) >= rounds if rounds == 5 else made.count(160) == rounds


def test_growth_that_noise_has_doubled_at_the_largest_size_is_measured_again() -> None:
    clock = FakeClock()
    noise = iter([2.0])

    def prepare(n: int) -> Task:
        return clock.task(1e-3 * n * (next(noise, 1.0) if n == 160 else 1.0))

    growth = measure_growth(prepare, [10, 40, 160], compare=equal, at_most=1.2, stopwatch=cpu_stopwatch(clock))
    assert growth.held


@pytest.mark.parametrize("sizes", [[1, 2], [4, 2, 1], [1, 1, 1]])
def test_growth_needs_three_growing_sizes(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="at least three growing sizes"):
        measure_growth(lambda _: Task(int, int), sizes, compare=equal, at_most=1.0)


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
    assert 8.0 <= peak_memory_mib(lambda: Task(lambda: np.ones(2**20).sum(), lambda: 2.0**20), equal) < 9.0


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


def close(got: Any, want: Any) -> None:
    assert got == pytest.approx(want)


def test_twenty_races_on_a_busy_machine_give_twenty_equal_verdicts() -> None:
    rng = np.random.default_rng(0)

    def loop(y_true: list[float], y_pred: list[float]) -> float:
        return sum((a - b) ** 2 for a, b in zip(y_true, y_pred, strict=True)) / len(y_true)

    def prepare(*, is_vectorised: bool) -> Contest:
        y_true, y_pred = rng.normal(size=(2, vary(rng, 10_000)))
        lists = y_true.tolist(), y_pred.tolist()
        fast = lambda: float(np.mean((y_true - y_pred) ** 2))  # noqa: E731
        return Contest(fast if is_vectorised else lambda: loop(*lists), lambda: loop(*lists))

    with busy_machine():
        reference, slow = (
            [run_race(partial(prepare, is_vectorised=fast), compare=close, at_least=12).won for _ in range(20)]
            for fast in (True, False)
        )
    assert reference == [True] * 20
    assert slow == [False] * 20


def test_twenty_growth_measurements_on_a_busy_machine_give_twenty_equal_verdicts() -> None:
    rng = np.random.default_rng(0)

    def linear(n: int) -> Task:
        items = rng.permutation(n).tolist()
        return Task(lambda: len(set(items)), lambda: n)

    def quadratic(n: int) -> Task:
        items = rng.permutation(n).tolist()
        return Task(lambda: len([item for item in items if item in items]), lambda: n)

    with busy_machine():
        good = [measure_growth(linear, [2000, 4000, 8000, 16000], compare=equal, at_most=1.5).held for _ in range(20)]
        bad = [measure_growth(quadratic, [100, 200, 400, 800], compare=equal, at_most=1.5).held for _ in range(20)]
    assert good == [True] * 20
    assert bad == [False] * 20
