"""Suite of A01: the mean squared error against its definition, and the mistakes that NumPy does not report."""

from __future__ import annotations

import math
import re
from functools import partial

import mse as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, Racer, vary
from harness.suite.strategies import Float64Array, arrays, seeds

PAIRS = hnp.array_shapes(max_dims=3, max_side=5).flatmap(lambda shape: st.tuples(arrays(shape), arrays(shape)))
"""Targets and predictions of one shape, up to three axes."""


def loop_mse(y_true: list[float], y_pred: list[float]) -> float:
    """The definition, term by term."""
    total = 0.0
    for truth, prediction in zip(y_true, y_pred, strict=True):
        total += (truth - prediction) ** 2
    return total / len(y_true)


def mistakes(y_true: Float64Array, y_pred: Float64Array) -> Mistakes:
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
        "a mean of relative errors: divide by nothing but n": lambda: np.mean((error / y_true) ** 2),
        "one of: a tolerance took small errors for 0, or the sum was rounded": 0.0,
    }


def check_mse(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    truth, prediction = np.array(y_true, dtype=np.float64), np.array(y_pred, dtype=np.float64)  # copies
    check.close(
        kata.mse(y_true, y_pred),
        loop_mse(truth.ravel().tolist(), prediction.ravel().tolist()),
        asked=call("mse", y_true, y_pred),
        atol=0.0,
        mistakes=mistakes(truth, prediction),
        hint=hint or "the squares of all differences, added up, over the number of elements",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_three_numbers() -> None:
    check_mse([1.0, 2.0, 4.0], [2.0, 2.0, 1.0])


@pytest.mark.example
def test_worked_example_of_a_matrix_averages_over_all_elements() -> None:
    check_mse([[1, 2, 3], [4, 5, 6]], [[0, 2, 3], [4, 7, 1]])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PAIRS)
def test_equals_the_definition_for_any_shape(pair: tuple[Float64Array, Float64Array]) -> None:
    check_mse(*pair)


@pytest.mark.law
@given(PAIRS, st.sampled_from([2.0**-40, 2.0**-10, 2.0**20]))
def test_errors_of_any_size_count(pair: tuple[Float64Array, Float64Array], factor: float) -> None:
    y_true, y_pred = pair
    hint = "large and small errors count alike: clip nothing, round nothing, and compare with no tolerance"
    check_mse(factor * y_true, factor * y_pred, hint=hint)


@pytest.mark.law
@given(st.integers(1, 8), seeds())
def test_adding_the_same_to_both_changes_nothing(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(-32, 33, size=(2, n)) / 8  # exact, and so are their sums with 2**25
    large = y_true + 2.0**25, y_pred + 2.0**25
    check.close(
        kata.mse(*large),
        loop_mse(y_true.tolist(), y_pred.tolist()),
        asked=call("mse", *large),
        mistakes={
            "the square was expanded: a² - 2ab + b² cancels for large a and b. Subtract first, then square": lambda: (
                np.mean(large[0] ** 2) - 2 * np.mean(large[0] * large[1]) + np.mean(large[1] ** 2)
            ),
            **mistakes(*large),
        },
        hint="subtract first, then square: a² - 2ab + b² has no digits left where a and b are large and close",
    )


# --- edges -----------------------------------------------------------------------------------------------------------

ROW, COLUMN = [1.0, 2.0, 4.0], [[1.0], [2.0], [3.0]]


@pytest.mark.edge
@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [
        (ROW, COLUMN),
        (COLUMN, ROW),
        (ROW, [1.0]),
        ([1.0], ROW),
        (ROW, 1.0),
        ([1.0], 1.0),
        (ROW, [ROW]),
        (ROW, [1.0, 2.0]),
        ([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]),
    ],
)
def test_shapes_that_differ_are_an_error_even_if_they_broadcast(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> None:
    truth, prediction = np.asarray(y_true), np.asarray(y_pred)
    check.raises(
        ValueError,
        partial(kata.mse, y_true, y_pred),
        asked=call("mse", y_true, y_pred),
        because=f"the shapes {truth.shape} and {prediction.shape} differ",
        mistakes={
            "NumPy broadcast one shape to the other: compare the shapes first": lambda: np.mean(
                (truth - prediction) ** 2
            ),
            "elements were paired by their place in a flat list: compare the shapes, not the sizes": lambda: np.mean(
                (truth.ravel() - prediction.ravel()) ** 2
            ),
        },
        hint="compare the shapes themselves, before you subtract",
    )


@pytest.mark.edge
def test_the_error_names_both_shapes() -> None:
    asked = "mse of two arrays of shapes (2, 5) and (7,)"
    said: list[str] = []

    def mse() -> object:
        try:
            return kata.mse(np.zeros((2, 5)), np.zeros(7))
        except ValueError as error:
            said.append(str(error))
            raise

    check.raises(ValueError, mse, asked=asked, because="the shapes differ")
    check.true(
        {"2", "5", "7"} <= set(re.findall(r"\d+", said[0])),
        asked=asked,
        came=f"ValueError: {said[0]}",
        expected="a message with both shapes in it, (2, 5) and (7,)",
        mistake="the message does not name both shapes: the reader must see which two did not match",
    )


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_an_axis_of_length_zero_is_an_error(shape: tuple[int, ...]) -> None:
    empty = np.zeros(shape)
    check.raises(
        ValueError,
        partial(kata.mse, empty, empty),
        asked=f"mse of two arrays of shape {shape}",
        because="a mean of no elements is not defined",
        mistakes={"NaN, which is what np.mean gives for no elements: check .size": math.nan, "0 for no elements": 0.0},
    )


DTYPES = {
    "uint8": np.array([[3, 120], [120, 3]], dtype=np.uint8),
    "int64": np.array([[4_000_000_000, 0], [0, 0]]),
    "float32": np.array([[16_777_216.0, 0.7], [0.1, 0.3]], dtype=np.float32),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(dtype: str) -> None:
    y_true, y_pred = DTYPES[dtype]
    exact = y_true.astype(np.float64), y_pred.astype(np.float64)
    check.close(
        kata.mse(y_true, y_pred),
        loop_mse(*(part.tolist() for part in exact)),
        asked=call("mse", y_true, y_pred) + f" as {dtype}",
        mistakes={
            f"computed in {dtype}: convert both arguments to float64 before you subtract": lambda: np.mean(
                (y_true - y_pred) ** 2
            ),
            "the squares wrapped around beyond 2**63: convert to float64, int64 is too small": lambda: np.mean(
                (y_true.astype(np.int64) - y_pred.astype(np.int64)) ** 2
            ),
        },
        hint="convert both arguments to float64 before you subtract",
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


@pytest.mark.edge
def test_single_numbers_are_accepted() -> None:
    asked = call("mse", 3.0, 5.5)
    got = check.accepts(partial(kata.mse, 3.0, 5.5), asked=asked, because="np.asarray takes numbers")
    check.close(got, 6.25, asked=asked)


NAN = {
    "in the targets": ([1.0, math.nan, 3.0], [2.0, 2.0, 5.0]),
    "in the predictions": ([1.0, 2.0, 3.0], [2.0, math.nan, 5.0]),
    "in both, at one place": ([1.0, math.nan, 3.0], [2.0, math.nan, 5.0]),
}


@pytest.mark.edge
@pytest.mark.parametrize("where", NAN)
def test_nan_propagates(where: str) -> None:
    y_true, y_pred = (np.array(part) for part in NAN[where])
    filled = np.nan_to_num(y_true) - np.nan_to_num(y_pred)
    check.close(
        kata.mse(y_true, y_pred),
        math.nan,
        asked=call("mse", y_true, y_pred),
        mistakes={
            "NaN was left out of the mean: it must show in the result": 2.5,
            "one of: NaN was counted as 0, or taken to equal NaN": lambda: np.mean(filled**2),
        },
        hint="a NaN in either argument gives NaN; plain arithmetic does that",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    y_true, y_pred = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    with check.untouched(asked=call("mse", y_true, y_pred), y_true=y_true, y_pred=y_pred):
        kata.mse(y_true, y_pred)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_is_vectorised(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        y_true, y_pred = rng.normal(size=(2, vary(rng, 10_000)))
        as_lists = y_true.tolist(), y_pred.tolist()
        return Contest(lambda: kata.mse(y_true, y_pred), lambda: loop_mse(*as_lists))

    race(
        contest,
        same=check.close,
        at_least=10,
        versus="the loop",
        asked="mse of two arrays of about 10 000 elements",
        hint="let NumPy work on whole arrays, without a Python loop",
    )
