"""Suite of A01: what a mean squared error is, and each way of missing it."""

from __future__ import annotations

import math
import re
from functools import partial

import mse as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.suite import check
from harness.suite.check import call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, arrays, floats, seeds, vectors

PAIRS = hnp.array_shapes(max_dims=3, max_side=5).flatmap(lambda shape: st.tuples(arrays(shape), arrays(shape)))
"""Targets and predictions of one shape, up to three axes."""


def loop_mse(y_true: list[float], y_pred: list[float]) -> float:
    """The definition, term by term."""
    total = 0.0
    for truth, prediction in zip(y_true, y_pred, strict=True):
        total += (truth - prediction) ** 2
    return total / len(y_true)


def oracle(y_true: Float64Array, y_pred: Float64Array) -> float:
    """The definition for any shape, by exact summation."""
    return math.fsum((a - b) ** 2 for a, b in zip(y_true.ravel(), y_pred.ravel(), strict=True)) / y_true.size


def mistakes(y_true: Float64Array, y_pred: Float64Array) -> dict[str, object]:
    """What the usual mistakes give for these arguments."""
    error = y_true - y_pred
    return {
        "the sum of the squares: divide by the number of elements": lambda: np.sum(error**2),
        "the root of the mean (RMSE): the MSE has no square root": lambda: np.sqrt(np.mean(error**2)),
        "the mean of absolute differences (MAE): square them": lambda: np.mean(np.abs(error)),
        "half of the MSE: the 1/2 belongs to a loss, not to the metric": lambda: np.mean(error**2) / 2,
        "the mean of the plain differences: square them": lambda: np.mean(error),
        "the square of the mean difference: square first, then average": lambda: np.mean(error) ** 2,
        "divided by the length of the first axis: divide by the number of all elements": lambda: (
            np.sum(error**2) / len(error)
        ),
        "divided by n - 1: the mean divides by n": lambda: np.sum(error**2) / (error.size - 1),
        "a mean of each column: average over all axes": lambda: np.mean(error**2, axis=0),
        "a mean of each row: average over all axes": lambda: np.mean(error**2, axis=-1),
        "the squares themselves: average them": lambda: error**2,
    }


def check_mse(y_true: Float64Array, y_pred: Float64Array) -> None:
    """Hold the subject to the oracle."""
    __tracebackhide__ = True
    check.close(
        kata.mse(y_true, y_pred),
        oracle(y_true, y_pred),
        asked=call("mse", y_true, y_pred),
        mistakes=mistakes(y_true, y_pred),
    )


@pytest.mark.example
def test_worked_example_of_three_numbers() -> None:
    check_mse(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0]))


@pytest.mark.example
def test_worked_example_of_a_matrix_averages_over_all_elements() -> None:
    check_mse(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 2.0], [3.0, 6.0]]))


@pytest.mark.example
def test_lists_are_accepted() -> None:
    asked = call("mse", [0, 0], [1, 3])
    check.close(kata.mse([0, 0], [1, 3]), 5.0, asked=asked)


@pytest.mark.law
@given(PAIRS)
def test_equals_the_definition_for_any_shape(pair: tuple[Float64Array, Float64Array]) -> None:
    check_mse(*pair)


@pytest.mark.law
@given(vectors(min_size=2))
def test_a_perfect_prediction_has_no_error_and_a_wrong_one_has(y: Float64Array) -> None:
    check.close(kata.mse(y, y), 0.0, asked=call("mse", y, y))
    worse = y.copy()
    worse[-1] += 1.0
    check_mse(y, worse)


@pytest.mark.law
@given(PAIRS)
def test_is_symmetric_in_its_arguments(pair: tuple[Float64Array, Float64Array]) -> None:
    y_true, y_pred = pair
    check.close(
        kata.mse(y_pred, y_true),
        kata.mse(y_true, y_pred),
        asked=call("mse", y_pred, y_true) + " to equal the same with the arguments swapped",
        hint="the two are not treated alike: nothing may be divided by, or weighed with, one of them",
    )


@pytest.mark.law
@given(PAIRS, floats(10.0).filter(lambda factor: abs(factor) > 1e-3))
def test_scaling_both_arguments_scales_by_the_square(pair: tuple[Float64Array, Float64Array], factor: float) -> None:
    y_true, y_pred = pair
    plain = oracle(y_true, y_pred)
    check.close(
        kata.mse(factor * y_true, factor * y_pred),
        factor**2 * plain,
        asked=call("mse", factor * y_true, factor * y_pred),
        rtol=1e-7,
        atol=1e-9,
        mistakes={
            "grows with the factor, not with its square": abs(factor) * plain,
            **mistakes(factor * y_true, factor * y_pred),
        },
        hint="large and small errors are treated differently: nothing may be clipped, rounded or added",
    )


@pytest.mark.law
@given(st.integers(2, 8), seeds())
def test_the_order_of_the_samples_does_not_matter(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.normal(size=(2, n))
    order = rng.permutation(n)
    check_mse(y_true[order], y_pred[order])


@pytest.mark.edge
def test_result_is_a_python_float() -> None:
    y = np.array([1.0, 2.0], dtype=np.float32)
    check.python_float(kata.mse(y, y), asked=call("mse", y, y))


@pytest.mark.edge
def test_shapes_that_differ_are_an_error_even_if_they_broadcast() -> None:
    column = np.array([[1.0], [2.0], [3.0]])
    row = np.array([1.0, 2.0, 4.0])
    broadcast = "NumPy broadcast (3,) against (3, 1) to a 3x3 table: compare the shapes first"
    for y_true, y_pred in (
        (row, column),
        (column, row),
        (row, np.array([1.0])),
        (np.array([1.0]), row),
        (row, 1.0),
        (1.0, row),
        ([1.0], 1.0),
        (1.0, [1.0]),
        ([[1.0, 2.0]], [1.0, 2.0]),
    ):
        asked = call("mse", y_true, y_pred)
        check.raises(
            ValueError,
            partial(kata.mse, y_true, y_pred),
            asked=asked,
            because=f"the shapes {np.shape(y_true)} and {np.shape(y_pred)} differ",
            mistakes={broadcast: np.mean((np.asarray(y_true) - np.asarray(y_pred)) ** 2)},
            hint="NumPy broadcasts shapes that differ; compare them before you subtract",
        )


@pytest.mark.edge
def test_lengths_that_differ_are_an_error() -> None:
    asked = call("mse", [1, 2, 3], [1, 2])
    check.raises(ValueError, partial(kata.mse, [1, 2, 3], [1, 2]), asked=asked, because="3 and 2 elements do not pair")


@pytest.mark.edge
def test_a_matrix_and_its_transpose_are_an_error() -> None:
    wide = np.arange(6.0).reshape(2, 3)
    check.raises(
        ValueError,
        partial(kata.mse, wide, wide.T),
        asked="mse of two arrays of shapes (2, 3) and (3, 2)",
        because="the shapes differ, though both hold six elements",
        mistakes={
            "elements were paired by their place in a flat list: compare the shapes, not the sizes": oracle(
                wide, wide.T.reshape(2, 3)
            )
        },
        hint="compare the shapes themselves: the number of elements, or the lengths in some order, do not tell",
    )


@pytest.mark.edge
def test_the_error_names_both_shapes() -> None:
    y_true, y_pred = np.zeros((2, 5)), np.zeros(7)
    asked = "mse of two arrays of shapes (2, 5) and (7,)"
    said: list[str] = []

    def mse() -> object:
        try:
            return kata.mse(y_true, y_pred)
        except ValueError as error:
            said.append(str(error))
            raise

    check.raises(ValueError, mse, asked=asked, because="the shapes differ")
    check.true(
        {"2", "5", "7"} <= set(re.findall(r"\d+", said[0])),
        asked=asked,
        came=f"ValueError: {said[0]}",
        expected="a message with both shapes in it, (2, 5) and (7,)",
        mistake="the message does not name both shapes: whoever reads it must see which two did not match",
    )


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_no_elements_are_an_error(shape: tuple[int, ...]) -> None:
    empty = np.zeros(shape)
    asked = f"mse of two arrays of shape {shape}"
    check.raises(
        ValueError,
        partial(kata.mse, empty, empty),
        asked=asked,
        because="a mean of nothing is not defined",
        mistakes={"NaN, which is what np.mean makes of nothing: check .size first": math.nan, "0 for nothing": 0.0},
    )


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int32, np.bool_])
def test_integers_do_not_wrap_around(dtype: type[np.generic]) -> None:
    low, high = (0, 1) if dtype is np.bool_ else (3, 120)
    y_true, y_pred = np.array([low, high], dtype=dtype), np.array([high, low], dtype=dtype)
    with np.errstate(all="ignore"):
        wrapped = None if dtype is np.bool_ else float(np.mean((y_true - y_pred) ** 2))
    asked = f"mse({check.show(y_true)}, {check.show(y_pred)}) as {np.dtype(dtype).name}"
    check.close(
        kata.mse(y_true, y_pred),
        float((high - low) ** 2),
        asked=asked,
        mistakes={"integers wrapped around: convert to float64 before subtracting": wrapped},
        hint="convert to float64 before subtracting",
    )


@pytest.mark.edge
def test_squares_of_large_integers_do_not_wrap_around() -> None:
    y_true, y_pred = np.array([4_000_000_000, 0]), np.array([0, 0])
    check.close(
        kata.mse(y_true, y_pred),
        8e18,
        asked=call("mse", y_true, y_pred) + " as int64",
        mistakes={
            "the square wrapped around, beyond 2**63: no integer is wide enough, convert to float64": float(
                np.mean((y_true - y_pred) ** 2)
            )
        },
        hint="no integer is wide enough: convert to float64 before subtracting",
    )


@pytest.mark.edge
@pytest.mark.parametrize(("y_true", "y_pred"), [([1, 2], [1.5, 2.0]), ([1.5, 2.0], [1, 2])])
def test_integers_against_floats_keep_the_fractions(y_true: list[float], y_pred: list[float]) -> None:
    check.close(
        kata.mse(y_true, y_pred),
        0.125,
        asked=call("mse", y_true, y_pred),
        mistakes={"the fractions were cut off: convert both to float64, not one to the type of the other": 0.0},
        hint="convert both to float64",
    )


SMALL_ERRORS = {
    "of large numbers": (1e8 + np.array([0.0, 1.0, 2.0]), 1e8 + np.array([1.0, 1.0, 2.0])),
    "of small numbers": (np.zeros(3), np.array([1e-12, 2e-12, 0.0])),
}


@pytest.mark.edge
@pytest.mark.parametrize("of", SMALL_ERRORS)
def test_small_errors_count(of: str) -> None:
    y_true, y_pred = SMALL_ERRORS[of]
    check.close(
        kata.mse(y_true, y_pred),
        oracle(y_true, y_pred),
        asked=call("mse", y_true, y_pred),
        atol=0.0,
        mistakes={
            "what is small was taken for nothing: nothing is rounded, and no tolerance belongs here": 0.0,
            "the square was expanded, and a² - 2ab + b² cancels: subtract first, then square": lambda: np.mean(
                y_true**2 - 2 * y_true * y_pred + y_pred**2
            ),
        },
        hint="subtract first, then square: a² - 2ab + b² has no digits left where a and b are large and close",
    )


@pytest.mark.edge
def test_every_element_counts_however_many_there_are() -> None:
    y_true, y_pred = np.random.default_rng(0).normal(size=(2, 71, 143))
    check.close(
        kata.mse(y_true, y_pred),
        oracle(y_true, y_pred),
        asked=call("mse", y_true, y_pred),
        mistakes=mistakes(y_true, y_pred),
        hint="the mean is over all elements: not a sample of them, nor the first ones",
    )


@pytest.mark.edge
def test_any_memory_layout_will_do() -> None:
    y_pred = np.arange(12.0).reshape(3, 4) % 5
    y_true = y_pred[::-1].copy()
    want = oracle(y_true, y_pred)
    for view in (np.asfortranarray(y_true), np.repeat(y_true, 2, axis=1)[:, ::2], y_true[::-1].copy()[::-1]):
        view.flags.writeable = False
        for arguments in ((view, y_pred), (y_pred, view)):
            got = check.accepts(
                partial(kata.mse, *arguments),
                asked=call("mse", *arguments),
                because="an array may be read-only, and lie in memory in any order",
            )
            check.close(
                got,
                want,
                asked=call("mse", *arguments) + ", one of them not in the usual order in memory",
                mistakes=mistakes(*arguments),
                hint="pair elements by their index, not by their place in memory (ravel of order 'A' or 'K')",
            )


@pytest.mark.edge
def test_float32_is_computed_in_float64() -> None:
    y_true = np.full(3, 16_777_216.0, dtype=np.float32)
    y_pred = np.array([0.1, 0.2, 0.3], dtype=np.float32)
    want = oracle(y_true.astype(np.float64), y_pred.astype(np.float64))
    check.close(
        kata.mse(y_true, y_pred),
        want,
        asked=call("mse", y_true, y_pred) + " as float32",
        rtol=1e-12,
        hint="convert to float64 first: float32 keeps seven digits",
    )


@pytest.mark.edge
def test_single_numbers_are_accepted() -> None:
    check.close(kata.mse(3.0, 5.0), 4.0, asked=call("mse", 3.0, 5.0))


NAN = {
    "in the targets": ([1.0, math.nan, 3.0], [1.0, 2.0, 5.0]),
    "in the predictions": ([1.0, 2.0, 3.0], [1.0, math.nan, 5.0]),
    "in both, at one place": ([1.0, math.nan, 3.0], [1.0, math.nan, 5.0]),
    "alone": ([math.nan], [math.nan]),
}


@pytest.mark.edge
@pytest.mark.parametrize("where", NAN)
def test_nan_propagates(where: str) -> None:
    y_true, y_pred = NAN[where]
    check.close(
        kata.mse(y_true, y_pred),
        math.nan,
        asked=call("mse", y_true, y_pred),
        mistakes={
            "NaN was left out of the mean: it must show": 2.0,
            "NaN was counted as 0": np.mean((np.nan_to_num(y_true) - np.nan_to_num(y_pred)) ** 2),
            "NaN was taken to equal NaN: it equals nothing, and must show": 0.0,
        },
        hint="a NaN in either argument, or in both, gives NaN; arithmetic does it by itself",
    )


@pytest.mark.edge
def test_arguments_may_be_given_by_name() -> None:
    got = check.accepts(
        lambda: kata.mse(y_pred=[1.0, 3.0], y_true=[1.0, 1.0]),
        asked="mse(y_pred=[1.0, 3.0], y_true=[1.0, 1.0])",
        because="these are the names of its arguments",
    )
    check.close(got, 2.0, asked="mse(y_pred=[1.0, 3.0], y_true=[1.0, 1.0])")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    y_true, y_pred = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    with check.untouched(asked=call("mse", y_true, y_pred), y_true=y_true, y_pred=y_pred):
        kata.mse(y_true, y_pred)


@pytest.mark.speed
def test_is_vectorised(race: Racer) -> None:
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.normal(size=(2, 10_000))
    as_lists = y_true.tolist(), y_pred.tolist()
    race(
        lambda: kata.mse(y_true, y_pred),
        lambda: loop_mse(*as_lists),
        at_least=20,
        versus="the loop",
        asked="mse of two float64 arrays of 10 000 elements",
        hint="let NumPy work on whole arrays, without a Python loop",
    )
