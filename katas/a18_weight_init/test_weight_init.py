"""Suite of A18: moments and shapes of the distributions, signals through thirty layers, and what a seed decides."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
import weight_init as kata
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array

XAVIER, HE = ["xavier_uniform", "xavier_normal"], ["he_normal"]
FUNCTIONS = XAVIER + HE
N = 30_000
"""Weights in a sample. A deviation is then off by more than 3 %, or a mean by 3 % of it, once in millions of seeds."""
FANS = st.tuples(st.integers(1, 400), st.booleans()).map(lambda a: (a[0], N // a[0])[:: 1 if a[1] else -1])
"""Pairs of fans whose product is about N."""


def deviation(name: str, fan_in: int, fan_out: int) -> float:
    """The standard deviation that a weight must have."""
    return math.sqrt(2 / fan_in) if name in HE else math.sqrt(2 / (fan_in + fan_out))


def mistakes(name: str, fan_in: int, fan_out: int) -> Mistakes:
    """The standard deviations that the usual mistakes give."""
    right = deviation(name, fan_in, fan_out)
    common = {
        "drawn with the variance for the standard deviation: take the root": right**2,
        "scaled by fan_in alone: xavier takes fan_in + fan_out": math.sqrt(1 / fan_in),
        "scaled by fan_out alone": math.sqrt(1 / fan_out),
        "the numerator is 1: it is 2": right / math.sqrt(2),
        "scaled by fan_in * fan_out: take their sum": math.sqrt(2 / (fan_in * fan_out)),
        "not scaled: the variance depends on the fans": 1.0,
        "a fixed deviation of 0.01: the variance depends on the fans": 0.01,
    }
    if name != "xavier_uniform":
        common["weights beyond 2 deviations were clipped: nothing is cut off"] = 0.96 * right
        common["weights beyond 2 deviations were drawn anew, as Keras does: nothing is cut off"] = 0.88 * right
    if name == "he_normal":
        del common["scaled by fan_in alone: xavier takes fan_in + fan_out"]
        return common | {
            "divided by fan_out: the variance is 2 / fan_in": math.sqrt(2 / fan_out),
            "the variance of xavier: that of he_normal is 2 / fan_in": math.sqrt(2 / (fan_in + fan_out)),
            "divided by the mean of the fans: the variance is 2 / fan_in": math.sqrt(4 / (fan_in + fan_out)),
        }
    common["the variance of he_normal: that of xavier is 2 / (fan_in + fan_out)"] = math.sqrt(2 / fan_in)
    if name == "xavier_uniform":
        return common | {
            "the limit is the deviation, which is smaller by the root of 3: Var = a² / 3": right / math.sqrt(3),
            "the limit is 6 / (fan_in + fan_out): take the root": right**2 * math.sqrt(3),
            "drawn from [0, a): the interval is [-a, a]": right / 2,
            "the limit is 1 / sqrt(fan_in), PyTorch's default for linear layers": 1 / math.sqrt(3 * fan_in),
            "the width of the interval is the limit: it goes from -a to a": right / 2,
        }
    return common


def draw(name: str, fan_in: int, fan_out: int, random_state: Any = 0) -> Float64Array:
    """Weights of the subject's, which must be a float64 array of the right shape."""
    __tracebackhide__ = True
    state = {} if random_state == "left out" else {"random_state": random_state}
    asked, shape = call(name, fan_in, fan_out, **state), (fan_in, fan_out)
    weights = getattr(kata, name)(fan_in, fan_out, **state)
    is_turned = np.shape(weights) == shape[::-1] != shape
    mistake = "transposed: for x @ W the shape is (fan_in, fan_out)"
    turned = f"shape {np.shape(weights)}"
    check.true(not is_turned, asked=asked, came=turned, expected=f"shape {shape}", mistake=mistake)
    check.float_array(weights, shape, asked=asked)
    return weights  # type: ignore[no-any-return]


def check_moments(name: str, fan_in: int, fan_out: int, seed: int = 0) -> None:
    """Hold mean and deviation of about N weights to the definition."""
    __tracebackhide__ = True
    asked: Asked = call(name, fan_in, fan_out, random_state=seed)
    weights, right = draw(name, fan_in, fan_out, seed), deviation(name, fan_in, fan_out)
    mean = float(np.mean(weights))
    expected = f"0, within {0.035 * right:.2g}"
    hint = "the distribution is symmetric about 0: uniform(-a, a), or normal(0, deviation)"
    check.true(abs(mean) < 0.035 * right, asked="the mean of " + asked, came=mean, expected=expected, hint=hint)
    check.close(
        float(np.std(weights)),
        right,
        rtol=0.03,
        asked="the standard deviation of " + asked,
        mistakes=mistakes(name, fan_in, fan_out),
        hint="it is the root of the variance in the README",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("name", FUNCTIONS)
def test_worked_example_of_a_shape(name: str) -> None:
    draw(name, 3, 2)


@pytest.mark.example
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("fans", [(300, 100), (60, 500)])
def test_worked_examples_of_a_deviation(name: str, fans: tuple[int, int]) -> None:
    check_moments(name, *fans)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=12)
@given(FANS)
def test_mean_and_deviation_are_right_for_any_fans(name: str, fans: tuple[int, int]) -> None:
    check_moments(name, *fans)


@pytest.mark.law
def test_uniform_weights_fill_the_interval_evenly() -> None:
    fan_in, fan_out = 200, 150
    limit = math.sqrt(6 / (fan_in + fan_out))
    size, asked = np.abs(draw("xavier_uniform", fan_in, fan_out, 1)), call("xavier_uniform", fan_in, fan_out)
    came, expected = float(size.max()), f"just below {limit:.4f}: the variance of a uniform distribution is a² / 3"
    hint = "normal numbers have no limit, uniform ones do"
    is_near = 0.99 * limit < came <= limit
    check.true(is_near, asked="the largest size in " + asked, came=came, expected=expected, hint=hint)
    shares = [float(np.mean(size < part * limit)) for part in (0.25, 0.5, 0.75)]
    asked = "shares of weights within 1/4, 1/2 and 3/4 of the limit, " + asked
    check.close(shares, [0.25, 0.5, 0.75], rtol=0, atol=0.018, asked=asked, hint="draw uniformly")


@pytest.mark.law
@pytest.mark.parametrize("name", ["xavier_normal", "he_normal"])
def test_normal_weights_have_the_tails_of_a_normal_distribution(name: str) -> None:
    fan_in, fan_out = 200, 150
    size = np.abs(draw(name, fan_in, fan_out, 1)) / deviation(name, fan_in, fan_out)
    near, far = (float(np.mean(size > bound)) for bound in (1, 3))
    asked = "the share of weights beyond 3 deviations, " + call(name, fan_in, fan_out)
    mistake = "the tails are cut off, or the distribution has none: draw from the whole normal distribution"
    is_normal, expected = abs(far - math.erfc(3 / math.sqrt(2))) < 0.0019, "0.0027, within 0.0019"
    check.true(is_normal, asked=asked, came=far, expected=expected, mistake=mistake)
    asked = "the share of weights beyond 1 deviation, " + call(name, fan_in, fan_out)
    check.close(
        near, math.erfc(1 / math.sqrt(2)), rtol=0, atol=0.0165, asked=asked, hint="draw from a normal distribution"
    )


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
def test_weights_are_drawn_one_by_one(name: str) -> None:
    weights = draw(name, 40, 30)
    came, asked = len(np.unique(weights)), f"how many different weights {name}(40, 30) has"
    hint = "units that start with equal weights get equal gradients, and stay equal"
    mistake = "a row or a column is repeated: " + hint if came in (1, 30, 40) else ""
    check.true(came > 1190, asked=asked, came=came, expected="1200", mistake=mistake, hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
def test_weights_are_independent(name: str) -> None:
    matrices = each(getattr(kata, name), [(2, 3, seed) for seed in range(3000)])
    weights = np.reshape(matrices, (3000, 6)) / deviation(name, 2, 3)
    of = f" of the 6 weights of {name}(2, 3, random_state=seed) over 3000 seeds, in deviations of one weight"
    check.close(
        float(np.var(weights.sum(axis=1))),
        6.0,
        rtol=0.2,
        asked="the variance of the sum" + of,
        mistakes={
            "one row is repeated": 12.0,
            "one column is repeated": 18.0,
            "the mean of each matrix was subtracted: it is 0 over all seeds, not in each": 0.0,
        },
        hint="the variance of a sum of independent numbers is the sum of their variances",
    )
    check.close(
        float(np.var((weights**2).sum(axis=1))),
        4.8 if name == "xavier_uniform" else 12.0,
        rtol=0.4,
        asked="the variance of the sum of squares" + of,
        mistakes={"each matrix was scaled to one size, or made orthogonal: draw the weights, and no more": 0.0},
        hint="draw each weight on its own",
    )


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
def test_thirty_layers_keep_the_scale_of_a_signal(name: str) -> None:
    layers, width = 30, 100
    activation = "ReLU" if name in HE else "no activation"
    signal = np.random.default_rng(5).normal(size=(1, width))
    start = float(np.mean(signal**2))
    for weights in each(getattr(kata, name), [(width, width, seed) for seed in range(layers)]):
        signal = signal @ weights
        signal = np.maximum(signal, 0.0) if name in HE else signal
    ratio = float(np.mean(signal**2)) / start
    asked = (
        f"power of a signal after {layers} layers of width {width} with weights of {name} and {activation}, over before"
    )
    hint = "each layer must keep the power: ReLU passes on half of it, so that he_normal needs the variance 2 / fan_in"
    mistake = "it dies out: the variance is too small. " if ratio < 1e-4 else "it blows up: the variance is too large. "
    is_kept = 1e-4 < ratio < 1e4  # more than 6 standard deviations of its logarithm
    expected = "between 0.0001 and 10000"
    check.true(is_kept, asked=asked, came=f"{ratio:.3g}", expected=expected, mistake=mistake + hint)


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("state", [0, 5, None, "left out", "Generator"])
def test_weights_follow_random_state(state: Any, name: str) -> None:
    global_state = GlobalRandomState()
    random_state = np.random.default_rng(3) if state == "Generator" else state
    came = len({draw(name, 4, 5, random_state).tobytes() for _ in range(4)})
    asked = f"how many different results 4 calls of {name} give, random_state={state}"
    hint = "an int gives the same numbers at each call, 0 too; a Generator is drawn from; None, the default, draws anew"
    is_right, want = (came == 1) == isinstance(state, int), "1" if isinstance(state, int) else "4"
    check.true(is_right, asked=asked, came=came, expected=want, hint=hint)
    global_state.check_kept(after=name)


@pytest.mark.law
@pytest.mark.parametrize("name", FUNCTIONS)
def test_seeds_and_states_of_generators_decide(name: str) -> None:
    states = [0, 1, 2, *map(np.random.default_rng, (3, 4, 3))]
    came = [draw(name, 4, 5, state).tobytes() for state in states]
    asked = f"how many different results {name} gives for seeds 0, 1, 2 and generators in 2 different states"
    check.equal(len(set(came)), 5, asked=asked, hint="random_state must reach the generator: no seed of your own")
    check.equal(came[3] == came[5], True, asked=f"does {name} give equal weights for generators in one state")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("fans", [(1, 1), (1, 7), (7, 1)])
def test_a_single_unit_is_accepted(name: str, fans: tuple[int, int]) -> None:
    asked = call(name, *fans)
    check.accepts(partial(draw, name, *fans), asked=asked, because="a layer may have one input or output")


@pytest.mark.edge
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("fans", [(0, 3), (3, 0), (0, 0), (-1, 3), (3, -1), (3, -3)])
def test_a_fan_below_1_is_an_error(name: str, fans: tuple[int, int]) -> None:
    asked = call(name, *fans)
    hint = "check both fans first: not every pair fails by itself"
    check.raises(ValueError, partial(getattr(kata, name), *fans), asked=asked, because="a fan is below 1", hint=hint)
