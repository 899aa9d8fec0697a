"""Suite of A05: the sigmoid in the middle and in both tails, its derivative by finite differences."""

from __future__ import annotations

import math
import warnings
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
import sigmoid as kata
from hypothesis import given
from hypothesis.extra import numpy as hnp

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, arrays

MIDDLE = hnp.array_shapes(max_dims=3, max_side=3).flatmap(partial(arrays, bound=30.0))
"""Arrays of up to three axes, with entries for which no formula overflows."""

BOUNDS = 20, 30, 50, 100, 250, 500


def loop_sigmoid(x: Float64Array) -> Float64Array:
    """The definition, number by number, by the formula that does not overflow there."""
    values = [1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v)) for v in x.ravel().tolist()]
    return np.array(values).reshape(x.shape)


def loop_derivative(x: Float64Array) -> Float64Array:
    """The product of both tails, number by number."""
    return loop_sigmoid(x) * loop_sigmoid(-x)


def sigmoid_mistakes(x: Float64Array) -> Mistakes:
    """What the usual mistakes give for sigmoid."""
    right = loop_sigmoid(x)
    return {
        "exp(x) / (1 + exp(x)) is infinity over infinity for large x: take exp(-x) there": lambda: (
            np.exp(x) / (1 + np.exp(x))
        ),
        "1 - σ(-x) cancels in the left tail: take exp(x) / (1 + exp(x)) there": lambda: 1 - loop_sigmoid(-x),
        "(1 + tanh(x/2)) / 2 cancels in the left tail: take exp(x) / (1 + exp(x)) there": lambda: (
            0.5 * (1 + np.tanh(x / 2))
        ),
        "the sign of x is turned: σ rises": lambda: loop_sigmoid(-x),
        "tanh: σ goes from 0 to 1": lambda: np.tanh(x),
        "exp(-x) itself: it is 1 / (1 + exp(-x))": lambda: np.exp(-x),
        "softmax over all entries: each entry is on its own": lambda: np.exp(x) / np.exp(x).sum(),
        "the derivative: sigmoid is the function itself": lambda: loop_derivative(x),
        "powers of 2: the base is e": lambda: loop_sigmoid(x * math.log(2)),
        "1 / (1 - exp(-x)): the sign in the denominator is +": lambda: 1 / (1 - np.exp(-x)),
        "rounded to 0 and 1: return the probability": lambda: (right > 0.5).astype(float),
        "0 for all: the results were stored in an array of integers": np.zeros_like(x),
        "the result is clipped: σ may come as close to 0 and 1 as float64 can": lambda: np.clip(
            right, 1e-15, 1 - 1e-15
        ),
        **{f"x is clipped to ±{b}: the tail goes on beyond it": loop_sigmoid(np.clip(x, -b, b)) for b in BOUNDS},
        "one of: computed in float32, or an epsilon was added to the denominator (it is at least 1)": lambda: (
            right.astype(np.float32)
        ),
    }


def derivative_mistakes(x: Float64Array) -> Mistakes:
    """What the usual mistakes give for the derivative."""
    s, right = loop_sigmoid(x), loop_derivative(x)
    return {
        "x * (1 - x) takes x for the output of sigmoid: the argument is x": lambda: x * (1 - x),
        "s * (1 - s): 1 - s has cancelled where s is close to 1. It equals σ(-x)": lambda: s * (1 - s),
        "exp(-x) / (1 + exp(-x))**2 is infinity over infinity for large -x: the derivative is even, take |x|": lambda: (
            np.exp(-x) / (1 + np.exp(-x)) ** 2
        ),
        "the sigmoid is taken twice: σ(σ(x)) * (1 - σ(σ(x)))": lambda: loop_derivative(s),
        "the sign is turned: σ rises, so its derivative is positive": lambda: -right,
        "the derivative of tanh: it is σ(x) * σ(-x)": lambda: 1 - np.tanh(x) ** 2,
        "1 - s**2 is the derivative of tanh: it is s * (1 - s)": lambda: 1 - s**2,
        "the sigmoid itself, not its derivative": lambda: s,
        "1 - s: multiply it by s": lambda: loop_sigmoid(-x),
        "s**2: it is s * (1 - s)": lambda: s**2,
        "a Jacobian: σ is elementwise, and the derivative has the shape of x": lambda: np.diag(right.ravel()),
        **{f"x is clipped to ±{b}: the tail goes on beyond it": loop_derivative(np.clip(x, -b, b)) for b in BOUNDS},
        "computed in float32: convert to float64 first": lambda: right.astype(np.float32),
    }


def check_sigmoid(x: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold sigmoid to the definition, to ten digits even where it is tiny."""
    __tracebackhide__ = True
    values, asked = np.array(x, dtype=np.float64), call("sigmoid", x)
    hint = hint or "1 / (1 + exp(-x)), of each entry on its own"
    got = kata.sigmoid(x)
    want = loop_sigmoid(values)
    check.close(got, want, asked=asked, rtol=1e-10, atol=1e-300, mistakes=sigmoid_mistakes(values), hint=hint)


def check_derivative(x: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the derivative to the definition, to ten digits even where it is tiny."""
    __tracebackhide__ = True
    values, asked = np.array(x, dtype=np.float64), call("sigmoid_derivative", x)
    hint = hint or "σ(x) * σ(-x), of each entry on its own"
    got = kata.sigmoid_derivative(x)
    want = loop_derivative(values)
    check.close(got, want, asked=asked, rtol=1e-10, atol=1e-300, mistakes=derivative_mistakes(values), hint=hint)


CHECKS = {"sigmoid": check_sigmoid, "sigmoid_derivative": check_derivative}

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_sigmoid() -> None:
    check_sigmoid([[-2.0, 0.0], [1.0, 4.0]])


@pytest.mark.example
def test_worked_example_of_sigmoid_in_the_tails() -> None:
    check_sigmoid([-700.0, -40.0, 40.0])


@pytest.mark.example
def test_worked_example_of_the_derivative() -> None:
    check_derivative([-2.0, 0.0, 0.5])


@pytest.mark.example
def test_worked_example_of_the_derivative_in_the_tails() -> None:
    check_derivative([-40.0, 40.0])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(MIDDLE)
def test_sigmoid_equals_the_definition_for_any_shape(x: Float64Array) -> None:
    check_sigmoid(x)


@pytest.mark.law
@given(MIDDLE)
def test_sigmoid_of_x_and_of_minus_x_sum_to_1(x: Float64Array) -> None:
    total = np.asarray(kata.sigmoid(x)) + np.asarray(kata.sigmoid(-x))
    asked = call("sigmoid", x) + " + " + call("sigmoid", -x)
    check.close(total, np.ones(x.shape), asked=asked, hint="σ(-x) is 1 - σ(x)")


@pytest.mark.law
@given(MIDDLE)
def test_the_derivative_equals_the_definition_for_any_shape(x: Float64Array) -> None:
    check_derivative(x)


@pytest.mark.law
@given(hnp.array_shapes(max_dims=2, max_side=3).flatmap(partial(arrays, bound=6.0)))
def test_the_derivative_is_the_slope_of_sigmoid(x: Float64Array) -> None:
    check.gradient(
        kata.sigmoid_derivative(x),
        lambda points: [np.sum(s) for s in each(kata.sigmoid, [(point,) for point in points])],
        x,
        asked=call("sigmoid_derivative", x),
        name="x",
        mistakes=derivative_mistakes(x),
        hint="the derivative must be that of the sigmoid which you return yourself",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("name", CHECKS)
def test_both_tails_are_accurate(name: str) -> None:
    hint = "one formula for x >= 0, another for x < 0: no difference of nearly equal numbers, nothing clipped or added"
    CHECKS[name](np.array([[-700.0, -300.0, -25.0], [25.0, 300.0, 700.0]]), hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("name", CHECKS)
def test_large_entries_do_not_overflow(name: str) -> None:
    x = np.array([-1e4, -800.0, 0.0, 800.0, 1e4])
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        CHECKS[name](x, hint="an exponential of a large number overflows: take exp(-abs(x))")
    check.true(
        not warned,
        asked=call(name, x),
        came=f"the right values, and a warning: {warned[0].message}" if warned else "no warning",
        expected="the values without a warning",
        mistake="exp of a large number overflows on the way (np.where computes both branches for all entries): "
        "take exp(-abs(x)), or give each formula only the entries that are its own",
    )


DTYPES = {
    "uint8": np.array([0, 1, 3], dtype=np.uint8),
    "int8": np.array([-128, -1, 2], dtype=np.int8),
    "int64": np.array([-40, 0, 40]),
    "float32": np.array([-80.1, 0.1, 2.3], dtype=np.float32),
}


@pytest.mark.edge
@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(name: str, dtype: str) -> None:
    hint = f"x is {dtype}: convert it to float64 first, and make the result a float64 array"
    CHECKS[name](DTYPES[dtype], hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("x", [-1.5, 2])
def test_single_numbers_are_accepted(name: str, x: float) -> None:
    asked, because = call(name, x), "np.asarray takes numbers"
    got = check.accepts(lambda: getattr(kata, name)(x), asked=asked, because=because)
    want = (loop_sigmoid if name == "sigmoid" else loop_derivative)(np.array(float(x)))
    check.close(got, want, asked=asked, hint="the result for a single number is a single number, of no axes")


@pytest.mark.edge
@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_an_axis_of_length_zero_is_an_error(name: str, shape: tuple[int, ...]) -> None:
    check.raises(
        ValueError,
        lambda: getattr(kata, name)(np.ones(shape)),
        asked=f"{name} of an array of shape {shape}",
        because="there is nothing in it",
        mistakes={"an empty array came back: check .size first": np.ones(shape)},
    )


@pytest.mark.edge
@pytest.mark.parametrize("name", CHECKS)
def test_the_argument_stays_as_it_was(name: str) -> None:
    x = np.array([[-2.0, 1.0], [800.0, -800.0]])
    with check.untouched(asked=call(name, x), x=x):
        getattr(kata, name)(x)
