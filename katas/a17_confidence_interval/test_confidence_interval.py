"""Suite of A17: Student's interval against its formula and by simulation, the bootstrap's against exact distributions."""

from __future__ import annotations

import math
import statistics
from functools import partial
from typing import Any

import confidence_interval as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from resampling import maximum, mean, median, number_of_the_call, size_if_float64
from scipy.special import bdtr, ndtri, stdtrit

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, vectors

FUNCTIONS = ["mean_confidence_interval", "bootstrap_interval"]
LEVELS = st.floats(0.01, 0.999)


def check_pair(got: Any, asked: Asked) -> None:
    """Hold the result to be a tuple of two floats, the smaller one first."""
    __tracebackhide__ = True
    is_pair = isinstance(got, tuple) and len(got) == 2 and all(isinstance(end, float) for end in got)
    check.true(
        is_pair, asked=asked, came=got, expected="a tuple (low, high) of two floats", hint="float(low), float(high)"
    )
    mistake = "the ends are swapped: the lower one comes first" if got[0] > got[1] else ""
    hint = "scipy.stats.t.interval gives NaN where the scale is 0: compute mean ± t · s / √n"
    check.true(got[0] <= got[1], asked=asked, came=got, expected="low <= high", mistake=mistake, hint=hint)


def run(name: str, x: Any, **options: Any) -> Any:
    """One of the two functions on a sample; the bootstrap's statistic is the mean."""
    if name == "bootstrap_interval":
        return kata.bootstrap_interval(x, mean, **({"n_resamples": 40} | options))
    return kata.mean_confidence_interval(x, **options)


# --- Student's interval ----------------------------------------------------------------------------------------------


def mistakes(x: Float64Array, level: float) -> Mistakes:
    """What the usual mistakes give for Student's interval."""
    n, mean, s, upper = len(x), float(np.mean(x)), float(np.std(x, ddof=1)), (1 + level) / 2
    t, error = stdtrit(n - 1, upper), s / math.sqrt(n)
    halves = {
        "the quantile of the normal distribution: take Student's t": ndtri(upper) * error,
        "1.96 for every level and size: take the quantile of Student's t": 1.96 * error,
        "the standard deviation is divided by n: take ddof=1": t * error * math.sqrt((n - 1) / n),
        "the standard deviation of a value: that of the mean is s / √n": t * s,
        "s is divided by n: by its root": t * s / n,
        "divided by √(n - 1), after s with ddof=1: by √n": t * s / math.sqrt(n - 1),
        "the variance in place of the standard deviation": t * s**2 / math.sqrt(n),
        "all that is left out lies on one side: leave (1 - level) / 2 above": stdtrit(n - 1, level) * error,
        "n degrees of freedom: there are n - 1": stdtrit(n, upper) * error,
        "the quantile is missing: this is the standard error": error,
        "the quantile at 1 - level / 2: level is 1 - alpha, not alpha": stdtrit(n - 1, 1 - level / 2) * error,
    }
    pairs: dict[str, object] = {name: (mean - half, mean + half) for name, half in halves.items()}
    median = float(np.median(x))
    pairs["centred at the median: at the mean"] = (median - t * error, median + t * error)
    pairs["the half width alone: return both ends"] = t * error
    pairs["mean and half width: return both ends"] = (mean, t * error)
    return pairs


def check_student(x: npt.ArrayLike, level: float | None = None) -> None:
    """Hold `mean_confidence_interval` to its formula; without a level to that of 0.95."""
    __tracebackhide__ = True
    options = {} if level is None else {"level": level}
    asked, level = call("mean_confidence_interval", x, **options), level or 0.95
    got, exact = kata.mean_confidence_interval(x, **options), [float(value) for value in np.asarray(x)]
    mean, s = math.fsum(exact) / len(exact), statistics.stdev(exact)
    half = float(stdtrit(len(exact) - 1, (1 + level) / 2)) * s / math.sqrt(len(exact))
    named, hint = mistakes(np.array(exact), level), "mean ± t · s / √n"
    check.close(got, (mean - half, mean + half), atol=1e-9, asked=asked, mistakes=named, hint=hint)
    check_pair(got, asked)
    hint = "take the mean off before you square: Σx² - n·x̄² has no digits left where the mean is large"
    half_got = (got[1] - got[0]) / 2
    check.close(half_got, half, rtol=1e-6, atol=1e-9 + 1e-14 * abs(mean), asked="half the width of " + asked, hint=hint)


@pytest.mark.example
def test_worked_example_of_five_numbers() -> None:
    check_student([1, 2, 3, 4, 5])


@pytest.mark.example
@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_worked_examples_of_levels(level: float) -> None:
    check_student([2.0, 7.0, 1.5, 3.0], level)


@pytest.mark.law
@given(vectors(2, 12), LEVELS, st.sampled_from([0.0, 0.0, 1e7, -1e8]))
def test_student_interval_equals_its_formula(x: Float64Array, level: float, offset: float) -> None:
    check_student(x + offset, level)


@pytest.mark.law
def test_nine_in_ten_intervals_hold_the_true_mean() -> None:
    samples = np.random.default_rng(17).normal(3.0, 2.0, size=(500, 3))
    came = [low < 3.0 < high for low, high in each(kata.mean_confidence_interval, [(x, 0.9) for x in samples])]
    asked = "share of 500 intervals of level 0.9, of samples of 3, that hold the true mean"
    hint = "Student's t for 2 degrees of freedom, 5 % on each side; with the normal quantile it is 0.76"
    check.close(np.mean(came), 0.9, rtol=0, atol=0.075, asked=asked, hint=hint)  # 5.5 standard deviations


# --- bootstrap -------------------------------------------------------------------------------------------------------


def cdf(statistic: str, x: Float64Array, value: float) -> float:
    """The probability that `statistic` of a resample of sorted `x` is at most `value`: exact, by counting."""
    n = len(x)
    share = float(np.count_nonzero(x <= value)) / n
    if statistic == "max":
        return share**n
    if statistic == "median":  # of an odd number of values
        return float(1 - bdtr((n - 1) // 2, n, share))
    ones = float(np.mean(x))  # the mean of zeros and ones
    return float(bdtr(min(math.floor(value * n + 1e-9), n), n, ones)) if value >= 0 else 0.0


def fits(statistic: str, x: Float64Array, end: float, p: float, n_resamples: int) -> bool:
    """Whether `end` can be the p quantile of `n_resamples` statistics; a right one is refused once in 10⁸ times."""
    slack = 6 * math.sqrt(p * (1 - p) / n_resamples) + 2 / n_resamples
    return cdf(statistic, x, end + 1e-9) >= p - slack and cdf(statistic, x, end - 1e-9) <= p + slack


SAMPLES = {
    "max": np.sqrt(np.arange(1.0, 31.0)),
    "median": np.arange(41.0) ** 2,
    "mean": np.repeat([0.0, 1.0], [70, 30]),
}
"""Samples whose resampled statistics have a known distribution."""
STATISTICS = {"max": maximum, "median": median, "mean": mean}
BOOTSTRAPS = [("median", 0.8, 2000), ("mean", 0.6, 3000), ("max", 0.5, 3000)]


@pytest.mark.example
def test_worked_example_of_equal_values() -> None:
    check.close(kata.bootstrap_interval([1] * 4, median), (1.0, 1.0), asked="bootstrap_interval([1] * 4, np.median)")


@pytest.mark.law
@pytest.mark.parametrize(("statistic", "level", "n_resamples"), BOOTSTRAPS)
def test_ends_are_quantiles_of_the_resampled_statistic(statistic: str, level: float, n_resamples: int) -> None:
    x, function, tail = SAMPLES[statistic], STATISTICS[statistic], (1 - level) / 2
    asked = f"bootstrap_interval(x, np.{statistic}, level={level}, n_resamples={n_resamples}), x = {check.show(x)}"
    shuffled = np.random.default_rng(1).permutation(x)
    got = kata.bootstrap_interval(shuffled, function, level, n_resamples, 7)
    check_pair(got, asked)
    theta, q = float(function(x)), partial(fits, statistic, x, n_resamples=n_resamples)
    pivotal = 2 * theta - got[1], 2 * theta - got[0]
    named = {
        "all resamples are alike: draw with replacement, and make the generator before the loop": got[0] == got[1],
        "all that is left out lies on one side: leave (1 - level) / 2 on each": q(got[0], 2 * tail),
        "the level is not used": all(map(q, got, (0.025, 0.975))),
        "the basic interval, mirrored at the statistic of x: take the quantiles themselves": all(
            map(q, pivotal, (tail, 1 - tail))
        ),
        "one of: the range of all statistics; fractions for percents": q(got[0], 1e-4) and q(got[1], 1 - 1e-4),
    }
    mistake = next((name for name, holds in named.items() if holds), "")
    p = [cdf(statistic, x, end) for end in got]
    expected = f"ends below which {tail:.3f} and {1 - tail:.3f} of the resampled statistics lie"
    came, hint = f"{got}, below which {p[0]:.3f} and {p[1]:.3f} lie", "n values, with replacement, then np.quantile"
    is_right = q(got[0], tail) and q(got[1], 1 - tail)
    check.true(is_right, asked=asked, came=came, expected=expected, mistake=mistake, hint=hint)


@pytest.mark.law
@given(vectors(1, 8), LEVELS, st.integers(1, 30))
def test_the_interval_lies_within_the_sample(x: Float64Array, level: float, n_resamples: int) -> None:
    asked = call("bootstrap_interval", x, "np.max", level, n_resamples, 0)
    got = kata.bootstrap_interval(x, maximum, level, n_resamples, 0)
    check_pair(got, asked)
    is_within = min(x) <= got[0] and got[1] <= max(x)
    check.true(is_within, asked=asked, came=got, expected="within the values of x, as each maximum is one of them")


@pytest.mark.law
def test_the_statistic_gets_resamples_of_the_size_of_x() -> None:
    x = np.array([3, 200, 100, 250, 7], dtype=np.uint8)
    asked = "bootstrap_interval of 5 numbers (uint8), with the size of a resample as statistic"
    hint = "statistic is called with one resample at a time, float64, shape (n,)"
    call_it = partial(kata.bootstrap_interval, x, size_if_float64, n_resamples=9)
    got = check.accepts(call_it, asked=asked, because=hint)
    sizes: Mistakes = {
        "resamples lack a value: draw n": (4.0, 4.0),
        "resamples of half the size: draw n": (2.0, 2.0),
        "resamples are no float64 arrays of shape (n,): convert x first": (-1.0, -1.0),
    }
    check.close(got, (5.0, 5.0), asked=asked, mistakes=sizes, hint=hint)
    got = kata.bootstrap_interval(x, mean, n_resamples=1, random_state=2)
    asked = "bootstrap_interval with n_resamples=1"
    check.close(got[0], got[1], asked=asked, hint="the quantiles of a single number are that number")


@pytest.mark.law
@pytest.mark.parametrize(("level", "n_resamples"), [(0.5, 1500), (0.8, 40), (0.95, 2000)])
def test_the_statistic_is_computed_of_each_resample(level: float, n_resamples: int) -> None:
    x, options, name = [1.0, 2.0], {"level": level, "n_resamples": n_resamples}, "a statistic that numbers its calls"
    low, high = kata.bootstrap_interval(x, number_of_the_call, **options)
    asked, hint = "the width of " + call("bootstrap_interval", x, name, **options), "n_resamples calls, no fewer"
    check.close(high - low, level * n_resamples, atol=2.5, asked=asked, hint=hint)
    if n_resamples == 2000:
        start, end = kata.bootstrap_interval(x, number_of_the_call)
        asked, hint = "the width of " + call("bootstrap_interval", x, name), "level=0.95, n_resamples=2000"
        check.close(end - start, high - low, asked=asked, hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "Generator"])
def test_resamples_follow_random_state(state: Any) -> None:
    global_state, x = GlobalRandomState(), np.random.default_rng(8).normal(size=30)
    random_state = np.random.default_rng(3) if state == "Generator" else state
    came = len({kata.bootstrap_interval(x, mean, 0.9, 20, random_state) for _ in range(4)})
    asked = f"how many different results 4 calls give, random_state={state}"
    hint = "an int gives the same resamples at each call, 0 too; a Generator is drawn from; None draws anew"
    is_right, want = (came == 1) == isinstance(state, int), "1" if isinstance(state, int) else "4"
    check.true(is_right, asked=asked, came=came, expected=want, hint=hint)
    global_state.check_kept()


@pytest.mark.law
def test_seeds_and_states_of_generators_decide() -> None:
    x, states = np.random.default_rng(8).normal(size=30), [0, 1, 2, *map(np.random.default_rng, (3, 4, 3))]
    came = [kata.bootstrap_interval(x, mean, 0.9, 20, state) for state in states]
    asked = "how many different intervals seeds 0, 1, 2 and generators in 2 different states give"
    check.equal(len(set(came)), 5, asked=asked, hint="random_state must reach the generator: no seed of your own")
    check.equal(came[3] == came[5], True, asked="do generators in one state give equal intervals")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("x", [[5.0, 5.0, 5.0], [0.1, 0.1, 0.1], [0, 0], [1e9] * 4])
def test_equal_values_have_an_interval_without_width(name: str, x: list[float]) -> None:
    nan: Mistakes = {"NaN: scipy.stats.t.interval gives it where the scale is 0": (math.nan, math.nan)}
    check.close(run(name, x), (x[0], x[0]), asked=call(name, x), mistakes=nan)


@pytest.mark.edge
def test_smallest_samples_and_integers() -> None:
    check_student([1.0, 4.0])
    check_student(np.array([250, 255, 3], dtype=np.uint8))
    check.close(run("bootstrap_interval", [7]), (7.0, 7.0), asked="bootstrap_interval([7], np.mean)")


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("level", [0, 1, 0.0, 1.0, -0.1, 1.5, 95])
def test_a_level_outside_0_to_1_is_an_error(name: str, level: float) -> None:
    asked, thunk = call(name, [1.0, 2.0, 4.0], level=level), partial(run, name, [1.0, 2.0, 4.0], level=level)
    check.raises(ValueError, thunk, asked=asked, because="a level is a share, between 0 and 1, both excluded")


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(), (0,), (3, 1), (1, 3), (2, 3), (0, 3)])
def test_anything_but_a_vector_is_an_error(name: str, shape: tuple[int, ...]) -> None:
    hint = "look at ndim and size of the array first"
    asked, thunk = f"{name} of an array of shape {shape}", partial(run, name, np.ones(shape))
    check.raises(ValueError, thunk, asked=asked, because="x must have one axis, and values in it", hint=hint)


@pytest.mark.edge
def test_a_single_value_has_no_student_interval() -> None:
    because, asked = "one value has no standard deviation", call("mean_confidence_interval", [3.0])
    nan: Mistakes = {"NaN, the deviation of one value: raise": (math.nan, math.nan)}
    check.raises(ValueError, partial(kata.mean_confidence_interval, [3.0]), asked=asked, because=because, mistakes=nan)


@pytest.mark.edge
@pytest.mark.parametrize("n_resamples", [0, -1])
def test_fewer_than_one_resample_is_an_error(n_resamples: int) -> None:
    asked = call("bootstrap_interval", [1.0, 2.0], "np.mean", n_resamples=n_resamples)
    thunk = partial(run, "bootstrap_interval", [1.0, 2.0], n_resamples=n_resamples)
    check.raises(ValueError, thunk, asked=asked, because="there must be at least one resample")


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_sample_stays_as_it_was(name: str) -> None:
    x = np.array([3.0, 1.0, 2.0, 9.0, 4.0])
    with check.untouched(asked=call(name, x), x=x):
        run(name, x)
