"""Suite of A03: softmax against its definition, its Jacobian by finite differences, and the axes that get mixed up."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import softmax as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, arrays

INF = float("inf")
SCORES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple).flatmap(partial(arrays, bound=20.0))


def loop_softmax(x: Float64Array) -> Float64Array:
    """The definition, row by row and number by number."""
    result = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        largest = max(row)
        powers = [math.exp(value - largest) for value in row]
        total = math.fsum(powers)
        result.append([power / total for power in powers])
    return np.array(result).reshape(x.shape)


def loop_derivative(s: Float64Array) -> Float64Array:
    """The definition of the Jacobian, entry by entry."""
    rows = s.reshape(-1, s.shape[-1]).tolist()
    jacobians = [[[a * ((i == j) - b) for j, b in enumerate(row)] for i, a in enumerate(row)] for row in rows]
    return np.array(jacobians).reshape(*s.shape, s.shape[-1])


def softmax_mistakes(x: Float64Array) -> Mistakes:
    """What the usual mistakes give for softmax."""

    def along(axis: int | None) -> Float64Array:
        powers = np.exp(x - x.max(axis=axis, keepdims=True))
        return np.asarray(powers / powers.sum(axis=axis, keepdims=True))

    right = loop_softmax(x)
    shifted = x - x.max(axis=-1, keepdims=True)
    return {
        "the exponential overflows to NaN: subtract the largest score of each row first": lambda: (
            np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
        ),
        "a row vanishes to NaN: subtract the largest score of each row, not that of the whole array": lambda: (
            np.exp(x - x.max()) / np.exp(x - x.max()).sum(axis=-1, keepdims=True)
        ),
        "normalised over the whole array: each row along the last axis sums to 1": lambda: along(None),
        "normalised over the first axis: it is the last": lambda: along(0),
        "normalised over the second axis: it is the last": lambda: along(1),
        "the exponentials themselves: divide them by their sum": lambda: np.exp(x),
        "the exponentials, shifted by the maximum: divide them by their sum": lambda: np.exp(shifted),
        "the scores are divided by their sum, without the exponential": lambda: x / x.sum(axis=-1, keepdims=True),
        "the logarithm of softmax": lambda: np.log(right),
        "the signs of the scores are turned: the largest score gets the largest probability": lambda: loop_softmax(-x),
        "powers of 2: the base is e": lambda: loop_softmax(x * math.log(2)),
        "each score through a sigmoid: softmax makes the entries of a row share": lambda: 1 / (1 + np.exp(-x)),
        "all probability on the largest score: that is the arg max": lambda: (shifted == 0).astype(float),
        "the scores divided by the square root of C, as attention does: softmax does not": lambda: loop_softmax(
            x / math.sqrt(x.shape[-1])
        ),
        "softmax twice: once is enough": lambda: loop_softmax(right),
        "one of: computed in float32, or an epsilon was added to the sum (it is at least 1)": lambda: right.astype(
            np.float32
        ),
    }


def derivative_mistakes(s: Float64Array) -> dict[str, Any]:
    """What the usual mistakes give for the Jacobian."""
    right = loop_derivative(s)
    eye = np.eye(s.shape[-1])
    column, row = s[..., :, None], s[..., None, :]
    return {
        "s * (1 - s) of each entry is only the diagonal: the Jacobian has shape (..., C, C)": s * (1 - s),
        "only the diagonal: raising one score takes from all the others": right * eye,
        "the sign off the diagonal is wrong: raising x_j lowers s_i, so it is -s_i * s_j": np.abs(right),
        "the sign of the whole Jacobian is turned": -right,
        "the diagonal lacks s_i: it is s_i * (1 - s_i)": -column * row,
        "the outer product is missing: s_i * (delta_ij - s_j)": column * eye,
        "the outer product itself: s_i * (delta_ij - s_j)": column * row,
        "1 - s_j instead of delta_ij - s_j": column * (1 - row),
        "the derivative is taken at softmax(softmax_output): the argument is the output already": loop_derivative(
            loop_softmax(s)
        ),
        "delta_ij - s_i * s_j: the delta is multiplied by s_i too": eye - column * row,
        "delta_ij - s_j: multiply it by s_i": np.broadcast_to(eye - row, right.shape),
        "the axes of the Jacobian come first: they are the last two": lambda: np.moveaxis(right, (-2, -1), (0, 1)),
        "one Jacobian, summed over the batch: each row has its own": lambda: right.sum(axis=tuple(range(s.ndim - 1))),
        "the batch is taken as one long row": lambda: np.diag(s.ravel()) - np.outer(s.ravel(), s.ravel()),
        "rows of the batch are mixed: the outer product belongs to one row": lambda: column * eye - s.T @ s,
        "computed in float32: convert to float64 first": right.astype(np.float32),
    }


def check_softmax(x: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold softmax to the definition."""
    __tracebackhide__ = True
    scores = np.array(x, dtype=np.float64)  # a copy
    check.close(
        kata.softmax(x),
        loop_softmax(scores),
        asked=call("softmax", x),
        rtol=1e-10,
        atol=1e-300,
        mistakes=softmax_mistakes(scores),
        hint=hint or "exp of each score, divided by the sum of these along the last axis",
    )


def check_derivative(s: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the Jacobian to the definition."""
    __tracebackhide__ = True
    probabilities = np.array(s, dtype=np.float64)  # a copy
    check.close(
        kata.softmax_derivative(s),
        loop_derivative(probabilities),
        asked=call("softmax_derivative", s),
        rtol=1e-10,
        atol=1e-15,
        mistakes=derivative_mistakes(probabilities),
        hint=hint or "the entry [i, j] is s_i * (delta_ij - s_j)",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_a_batch() -> None:
    check_softmax([[0.0, 3.0, 1.0], [2.0, 0.0, -1.0]])


@pytest.mark.example
def test_worked_example_of_large_scores_and_a_mask() -> None:
    check_softmax([[1000.0, 1000.0], [-INF, 3.0]])


@pytest.mark.example
def test_worked_example_of_the_derivative() -> None:
    check_derivative([0.5, 0.3, 0.2])


@pytest.mark.example
def test_worked_example_of_a_batch_of_derivatives() -> None:
    check_derivative([[0.5, 0.3, 0.2], [0.0, 0.25, 0.75]])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(SCORES)
def test_softmax_equals_the_definition(x: Float64Array) -> None:
    check_softmax(x)


@pytest.mark.law
@given(SCORES, st.integers(-10_000, 10_000))
def test_adding_the_same_to_all_scores_of_a_row_changes_nothing(x: Float64Array, shift: int) -> None:
    x = np.round(x * 1024) / 1024  # such numbers, and their sums with whole ones, are exact in float64
    shifts = shift * (-1.0) ** np.arange(x.size // x.shape[-1]).reshape(*x.shape[:-1], 1)
    check_softmax(x + shifts, hint="subtract the largest score of each row before the exponential")


@pytest.mark.law
@given(SCORES)
def test_the_jacobian_equals_the_definition(x: Float64Array) -> None:
    check_derivative(loop_softmax(x))


@pytest.mark.law
@given(st.integers(2, 5).flatmap(lambda size: arrays((size,), bound=4.0)))
def test_the_jacobian_is_the_slope_of_softmax(x: Float64Array) -> None:
    s = np.asarray(kata.softmax(x))
    step = 1e-6 * np.eye(len(x))
    above, below = np.array(each(kata.softmax, [(point,) for point in (*(x + step), *(x - step))])).reshape(
        2, *step.shape
    )
    check.close(
        kata.softmax_derivative(s),
        ((above - below) / 2e-6).T,
        asked=call("softmax_derivative", s) + f", against finite differences of softmax at {check.show(x)}",
        rtol=1e-5,
        atol=1e-7,
        mistakes=derivative_mistakes(s),
        hint="entry [i, j] is the derivative of output i with respect to score j",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(4, 1), (2, 3, 2), (2, 1, 2, 3)])
def test_the_last_axis_sums_to_1_for_any_number_of_axes(shape: tuple[int, ...]) -> None:
    x = np.arange(math.prod(shape)).reshape(shape) ** 2 % 7 / 4
    check_softmax(x)
    check_derivative(loop_softmax(x))


LARGE = {
    "all large": [1e4, 1e4, 1e4 - 1.0],
    "all far below zero": [-1e4, -1e4 - 2.0],
    "far apart": [1e4, -1e4, 0.0],
    "rows far apart": [[1e4, 1e4 - 1.0], [-1e4, -1e4 + 1.0], [0.0, 1.0]],
}


@pytest.mark.edge
@pytest.mark.parametrize("why", LARGE)
def test_large_scores_neither_overflow_nor_vanish(why: str) -> None:
    hint = "subtract the largest score of each row, not the mean or a constant; clip nothing"
    check_softmax(np.array(LARGE[why]), hint=hint)


MASKED = {
    "one entry": [0.0, -INF, 1.0],
    "all but one": [-INF, 5.0, -INF],
    "a triangle": [[0.0, -INF, -INF], [1.0, 2.0, -INF], [0.0, 0.0, 0.0]],
    "beside scores far below zero": [[-INF, -1e4, -1e4], [-INF, 0.0, 1.0]],
}


@pytest.mark.edge
@pytest.mark.parametrize("where", MASKED)
def test_minus_infinity_masks_an_entry(where: str) -> None:
    x = np.array(MASKED[where])
    s = check.accepts(
        lambda: np.asarray(kata.softmax(x)),
        asked=call("softmax", x),
        because="each row has an entry that is not masked",
    )
    check.true(
        s.shape == x.shape and bool(np.all(s[np.isneginf(x)] == 0.0)),
        asked="the masked entries of " + call("softmax", x),
        came=s,
        expected="exactly 0 where the score is -inf",
        mistake="the mask leaves a trace: exp(-inf) is exactly 0, nothing may be added to it or put in its place",
    )
    check_softmax(x, hint="exp(-inf) is 0: subtract the largest score of the row, and the formula does the rest")


@pytest.mark.edge
@pytest.mark.parametrize("name", ["softmax", "softmax_derivative"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (0, 3)])
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(name: str, shape: tuple[int, ...]) -> None:
    check.raises(
        ValueError,
        lambda: getattr(kata, name)(np.ones(shape)),
        asked=f"{name} of an array of shape {shape}",
        because="the shape must be (..., C), without an axis of length zero",
        hint="ask for one axis or more, and for a .size above 0, before anything is computed",
    )


@pytest.mark.edge
@pytest.mark.parametrize("x", [[-INF], [[1.0, 2.0], [-INF, -INF]]])
def test_a_row_of_minus_infinity_only_is_an_error(x: list[Any]) -> None:
    nan = np.where(np.isneginf(x), math.nan, loop_softmax(np.clip(x, -9.0, None)))
    check.raises(
        ValueError,
        lambda: kata.softmax(x),
        asked=call("softmax", x),
        because="a row in which every entry is masked has no probabilities",
        mistakes={"NaN for a masked row: -inf - -inf is NaN": nan, "0 for a masked row": np.nan_to_num(nan)},
        hint="the largest score of such a row is -inf: look at it before you subtract it",
    )


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_is_computed_in_float64(dtype: type[np.generic]) -> None:
    name = np.dtype(dtype).name
    x = np.array([[0, 3.3, 1], [100, 2, 101.1]]).astype(dtype)
    hint = f"x is {name}: convert to float64 before anything is subtracted"
    check_softmax(x, hint=hint)
    s = np.array([[0, 1, 0], [1, 0, 0]] if dtype is np.uint8 else [0.1, 0.2, 0.7]).astype(dtype)
    check_derivative(s, hint=f"the argument is {name}: convert to float64 first; -1 is 255 in uint8")


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    x, s = np.array([[1.0, 2.0], [4.0, 3.0]]), np.array([[0.25, 0.75], [0.5, 0.5]])
    with check.untouched(asked=call("softmax", x), x=x):
        kata.softmax(x)
    with check.untouched(asked=call("softmax_derivative", s), softmax_output=s):
        kata.softmax_derivative(s)
