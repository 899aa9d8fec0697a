"""Suite of A16: Bayes' theorem against counted people, two tests in a row, and the questions that are mixed up."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from typing import Any

import bayes_posterior as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

P = st.integers(1, 99).map(lambda percent: percent / 100)
"""A probability that leaves every result possible."""


def exact(prior: float, sensitivity: float, specificity: float, positive: bool) -> float:
    """The share of those with the condition among all that have this result, in exact fractions."""
    p, hit, right = Fraction(prior), Fraction(sensitivity), Fraction(specificity)
    present = p * (hit if positive else 1 - hit)
    absent = (1 - p) * (1 - right if positive else right)
    return float(present / (present + absent))


def oracle(
    prior: npt.ArrayLike, sensitivity: npt.ArrayLike, specificity: npt.ArrayLike, positive: bool
) -> Float64Array:
    """`exact`, element by element, of the broadcast shape."""
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (prior, sensitivity, specificity)))
    columns = (array.ravel().tolist() for array in arrays)
    flat = [exact(p, hit, right, positive) for p, hit, right in zip(*columns, strict=True)]
    return np.asarray(flat).reshape(arrays[0].shape)[()]


def mistakes(p: Float64Array, hit: Float64Array, right: Float64Array, *, positive: bool) -> Mistakes:
    """What the usual mistakes give; `hit` is the sensitivity, `right` the specificity."""

    def bayes(p: Float64Array, present: Float64Array, absent: Float64Array) -> Float64Array:
        return np.asarray(p * present / (p * present + (1 - p) * absent))

    present, absent = (hit, 1 - right) if positive else (1 - hit, right)
    after_positive, whole = bayes(p, hit, 1 - right), np.zeros(np.broadcast(p, hit, right).shape)
    known: dict[str, object] = {
        "P(result | condition), the wrong way round: the base rate is ignored": whole + present,
        "the prior is ignored: weigh both likelihoods by P(D) and 1 - P(D)": lambda: (
            present / (present + absent) + 0 * p
        ),
        "specificity and its complement are mixed up: P(+ | no condition) is 1 - specificity": lambda: bayes(
            p, present, 1 - absent
        ),
        "sensitivity and specificity are swapped": lambda: bayes(
            p, *((right, 1 - hit) if positive else (1 - right, hit))
        ),
        "the numerator alone, P(result and condition): divide by P(result)": whole + p * present,
        "the denominator alone, P(result)": p * present + (1 - p) * absent,
        "the 1 - prior is missing in the denominator": lambda: p * present / (p * present + absent),
        "the probability that the condition is absent, given the result": lambda: 1 - bayes(p, present, absent),
        "the odds: a probability is odds / (1 + odds)": lambda: p * present / ((1 - p) * absent),
        "the prior and its complement are swapped": lambda: bayes(1 - p, present, absent),
        "a percentage: return a probability in [0, 1]": lambda: 100 * bayes(p, present, absent),
        "the prior itself: the result changes it": whole + p,
        "NaN from 0 / 0, or from odds of a prior of 1": np.full(whole.shape, math.nan),
    }
    if not positive:
        known["a negative result was handled like a positive one"] = after_positive
        known["1 minus the posterior of a positive result: a negative one has likelihoods of its own"] = (
            1 - after_positive
        )
        known["the false-negative rate is 1 - sensitivity, not sensitivity"] = lambda: bayes(p, hit, right)
    return known


def check_posterior(
    prior: npt.ArrayLike,
    sensitivity: npt.ArrayLike,
    specificity: npt.ArrayLike,
    positive: bool = True,
    *,
    atol: float = 1e-12,
    hint: str = "",
) -> None:
    """Hold the subject to exact arithmetic."""
    __tracebackhide__ = True
    arguments = prior, sensitivity, specificity
    p, hit, right = (np.array(x, dtype=np.float64) for x in arguments)  # copies
    asked = call("bayes_posterior", *arguments, positive=positive)
    because = "the shapes broadcast, and each result has a positive probability"
    check.close(
        check.accepts(partial(kata.bayes_posterior, *arguments, positive=positive), asked=asked, because=because),
        oracle(p, hit, right, positive),
        asked=asked,
        atol=atol,
        mistakes=mistakes(p, hit, right, positive=positive),
        hint=hint or "P(result and condition) over P(result); nothing is rounded, clipped or padded",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_a_positive_result() -> None:
    check_posterior(0.01, 0.9, 0.95)


@pytest.mark.example
def test_worked_example_of_a_negative_result() -> None:
    check_posterior(0.01, 0.9, 0.95, positive=False)


@pytest.mark.example
def test_without_a_word_the_result_is_positive() -> None:
    asked = call("bayes_posterior", 0.25, 0.4, 0.75)
    negative = {"the default is a negative result: it is a positive one": exact(0.25, 0.4, 0.75, False)}
    check.close(kata.bayes_posterior(0.25, 0.4, 0.75), exact(0.25, 0.4, 0.75, True), asked=asked, mistakes=negative)


@pytest.mark.example
@pytest.mark.parametrize("positive", [True, False])
def test_worked_example_of_arrays_that_broadcast(positive: bool) -> None:
    check_posterior([0.01, 0.5], [[0.9], [0.6]], 0.95, positive)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(P, P, P, st.booleans())
def test_equals_the_share_of_counted_people(p: float, hit: float, right: float, positive: bool) -> None:
    check_posterior(p, hit, right, positive)


@pytest.mark.law
@given(
    seeds(),
    st.sampled_from([((3,), (), ()), ((1,), (), ()), ((2, 1), (3,), ()), ((), (2, 2), (2,)), ((1,), (1, 1), (4,))]),
    st.booleans(),
)
def test_shapes_broadcast(seed: int, shapes: tuple[tuple[int, ...], ...], positive: bool) -> None:
    rng = np.random.default_rng(seed)
    p, hit, right = (rng.uniform(0.01, 0.99, size=shape) for shape in shapes)
    check_posterior(p, hit, right, positive, hint="the shape is that of np.broadcast(prior, sensitivity, specificity)")


@pytest.mark.law
@given(P, st.tuples(P, P), st.tuples(P, P))
def test_two_tests_in_a_row_are_one_with_multiplied_likelihoods(
    p: float, hits: tuple[float, float], rights: tuple[float, float]
) -> None:
    between = kata.bayes_posterior(p, hits[0], rights[0])
    want = exact(p, hits[0] * hits[1], 1 - (1 - rights[0]) * (1 - rights[1]), True)
    asked = (
        call("bayes_posterior", between, hits[1], rights[1])
        + ", the prior being "
        + call("bayes_posterior", p, hits[0], rights[0])
    )
    hint = "the posterior of the first test is the prior of the second"
    check.close(kata.bayes_posterior(between, hits[1], rights[1]), want, asked=asked, rtol=1e-7, hint=hint)


@pytest.mark.law
@given(P, P, P)
def test_posteriors_weighed_by_the_probability_of_their_result_give_the_prior(
    p: float, hit: float, right: float
) -> None:
    alarm = p * hit + (1 - p) * (1 - right)
    got = alarm * kata.bayes_posterior(p, hit, right) + (1 - alarm) * kata.bayes_posterior(
        p, hit, right, positive=False
    )
    asked = "P(+) · P(D | +) + P(-) · P(D | -) for prior, sensitivity, specificity " + call("", p, hit, right)
    check.close(got, p, asked=asked, hint="both posteriors are of the condition, not of its absence")


@pytest.mark.law
@given(P, P, st.booleans())
def test_a_test_that_says_nothing_leaves_the_prior(p: float, rate: float, positive: bool) -> None:
    check_posterior(p, rate, 1 - rate, positive)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize("prior", [0, 1, 0.0, 1.0])
def test_priors_of_0_and_1_are_certain_and_stay_so(prior: float, positive: bool) -> None:
    check_posterior(prior, 0.75, 0.5, positive, hint="nothing is clipped, and the odds of a prior of 1 are infinite")


@pytest.mark.edge
@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize(("hit", "right"), [(1.0, 0.5), (0.0, 0.5), (0.5, 1.0), (0.5, 0.0), (1, 1), (0, 0)])
def test_perfect_and_useless_tests_are_tests_too(hit: float, right: float, positive: bool) -> None:
    check_posterior(0.25, hit, right, positive)


@pytest.mark.edge
def test_rare_conditions_keep_their_digits() -> None:
    hint = "no epsilon, and no 1 - P(no condition | result): the difference of two numbers near 1 has few digits left"
    for positive in (True, False):
        check_posterior([1e-12, 1e-9, 1e-6], 0.99, [1.0, 0.999, 0.999], positive, atol=0, hint=hint)


IMPOSSIBLE: dict[str, tuple[Any, Any, Any, bool]] = {
    "nobody has the condition, and nobody without it tests positive": (0.0, 0.9, 1.0, True),
    "everybody has the condition, and the test never finds it": (1.0, 0.0, 0.9, True),
    "the test is never positive": (0.5, 0.0, 1.0, True),
    "everybody has the condition, and the test never misses it": (1.0, 1.0, 0.9, False),
    "nobody has the condition, and the test is positive for everybody without it": (0, 1, 0, False),
    "in the second element, the test is never positive": ([0.5, 0.0, 0.5], 0.9, 1.0, True),
}


@pytest.mark.edge
@pytest.mark.parametrize("because", IMPOSSIBLE)
def test_a_result_that_cannot_happen_is_an_error(because: str) -> None:
    *arguments, positive = IMPOSSIBLE[because]
    shape = np.broadcast(*arguments).shape

    def value(nothing: float) -> object:
        return np.where(np.arange(3) == 1, nothing, 1.0) if shape else nothing

    check.raises(
        ValueError,
        partial(kata.bayes_posterior, *arguments, positive=positive),
        asked=call("bayes_posterior", *arguments, positive=positive),
        because=because,
        mistakes={
            "NaN from 0 / 0: a result of probability 0 is an error": value(math.nan),
            "0 for 0 / 0: a result of probability 0 is an error": value(0.0),
            "the prior for 0 / 0: a result of probability 0 is an error": value(
                np.max(arguments[0]) if not shape else 0.0
            ),
        },
        hint="look at the denominator before you divide, in every element",
    )


@pytest.mark.edge
@pytest.mark.parametrize("place", ["prior", "sensitivity", "specificity"])
@pytest.mark.parametrize("wrong", [-0.01, 95, [0.5, 1.5]])
def test_what_is_no_probability_is_an_error(place: str, wrong: npt.ArrayLike) -> None:
    arguments: dict[str, npt.ArrayLike] = {"prior": 0.5, "sensitivity": 0.5, "specificity": 0.5, place: wrong}
    check.raises(
        ValueError,
        partial(kata.bayes_posterior, **arguments),
        asked=call("bayes_posterior", **arguments),
        because=f"{place} must lie in [0, 1]",
        hint="check both bounds of all three, in every element",
    )


@pytest.mark.edge
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_axis_of_length_zero_is_an_error(place: int) -> None:
    arguments: list[Any] = [0.5, 0.5, 0.5]
    arguments[place] = np.zeros((2, 0))
    asked = call("bayes_posterior", *arguments)
    thunk, hint = partial(kata.bayes_posterior, *arguments), "look at the .size of each argument"
    check.raises(ValueError, thunk, asked=asked, because="there is nothing in it", hint=hint)


@pytest.mark.edge
def test_shapes_that_do_not_broadcast_are_an_error() -> None:
    arguments = [0.5, 0.5], [0.5, 0.5, 0.5], 0.5
    asked, because = call("bayes_posterior", *arguments), "shapes (2,) and (3,) do not broadcast"
    check.raises(ValueError, partial(kata.bayes_posterior, *arguments), asked=asked, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    numbers = np.array([0, 1] if dtype == "uint8" else [0.1, 0.7], dtype=dtype)
    check_posterior(numbers, 0.75, 0.5, hint=f"convert the prior to float64 first, not other numbers to {dtype}")
    check_posterior(0.3, numbers, numbers[::-1] * 0.5, hint="convert each argument to float64 first")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    prior, sensitivity, specificity = np.array([0.1, 0.2]), np.array([0.7, 0.9]), np.array([0.6, 0.8])
    for positive in (True, False):
        asked = call("bayes_posterior", prior, sensitivity, specificity, positive=positive)
        with check.untouched(asked=asked, prior=prior, sensitivity=sensitivity, specificity=specificity):
            kata.bayes_posterior(prior, sensitivity, specificity, positive)
