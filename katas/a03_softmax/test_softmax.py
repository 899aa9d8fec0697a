"""Suite of A03: softmax against its definition, its Jacobian by finite differences, and the axes that get mixed up."""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
import softmax as kata
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, arrays, seeds

INF = float("inf")

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
SCORES = SHAPES.flatmap(lambda shape: arrays(shape, bound=20.0))


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

    def right() -> Float64Array:
        return np.asarray(special.softmax(x, axis=-1))

    return {
        "normalised over the whole array: each row along the last axis sums to 1": lambda: special.softmax(x),
        "normalised over the first axis: it is the last": lambda: special.softmax(x, axis=0),
        "normalised over the second axis: it is the last": lambda: special.softmax(x, axis=1),
        "the exponentials themselves: divide them by their sum": lambda: np.exp(x),
        "the exponentials, shifted by the maximum: divide them by their sum": lambda: np.exp(
            x - x.max(axis=-1, keepdims=True)
        ),
        "the scores are divided by their sum, without the exponential": lambda: x / x.sum(axis=-1, keepdims=True),
        "the logarithm of softmax": lambda: np.log(right()),
        "the signs of the scores are turned: the largest score gets the largest probability": lambda: special.softmax(
            -x, axis=-1
        ),
        "powers of 2: the base is e": lambda: special.softmax(x * math.log(2), axis=-1),
        "each score through a sigmoid: softmax makes the entries of a row share": lambda: special.expit(x),
        "all probability on the largest score: that is the arg max": lambda: (
            x == x.max(axis=-1, keepdims=True)
        ).astype(float),
        "softmax of the absolute values": lambda: special.softmax(np.abs(x), axis=-1),
        "the scores divided by their length first": lambda: special.softmax(
            x / np.linalg.norm(x, axis=-1, keepdims=True), axis=-1
        ),
        "the scores divided by the square root of C, as attention does: softmax does not": lambda: special.softmax(
            x / math.sqrt(x.shape[-1]), axis=-1
        ),
        "twice softmax": lambda: special.softmax(right(), axis=-1),
        "NaN: the exponential overflows. Subtract the largest score of each row first": np.full(x.shape, np.nan),
        "the result is float32: compute in float64": lambda: right().astype(np.float32),
    }


def derivative_mistakes(s: Float64Array) -> dict[str, Any]:
    """What the usual mistakes give for the Jacobian."""
    right = loop_derivative(s)
    size = s.shape[-1]
    eye = np.eye(size)
    outer = s[..., :, None] * s[..., None, :]
    again = special.softmax(s, axis=-1)
    return {
        "s * (1 - s) of each entry is only the diagonal: the Jacobian has shape (..., C, C)": s * (1 - s),
        "only the diagonal: raising one score takes from all the others": right * eye,
        "the sign off the diagonal is wrong: raising x_j lowers s_i, so it is -s_i * s_j": np.abs(right),
        "the sign of the whole Jacobian is turned": -right,
        "the diagonal lacks s_i: it is s_i * (1 - s_i)": -outer,
        "the outer product is missing: s_i * (delta_ij - s_j)": s[..., :, None] * eye,
        "the outer product itself": outer,
        "1 - s_j instead of delta_ij - s_j": s[..., :, None] * (1 - s[..., None, :]),
        "the derivative is taken at softmax(softmax_output): the argument is the output already": loop_derivative(
            again
        ),
        "delta_ij - s_i * s_j: the delta is multiplied by s_i too": eye - outer,
        "delta_ij - s_j: multiply it by s_i": np.broadcast_to(eye - s[..., None, :], right.shape),
        "the axes of the Jacobian come first: they are the last two": lambda: np.moveaxis(right, (-2, -1), (0, 1)),
        "one Jacobian, summed over the batch: each row has its own": lambda: right.sum(axis=tuple(range(s.ndim - 1))),
        "the batch is taken as one long row": lambda: np.diag(s.ravel()) - np.outer(s.ravel(), s.ravel()),
        "rows of the batch are mixed: the outer product belongs to one row": lambda: s[..., :, None] * eye - s.T @ s,
        "the Jacobian of the first row only": lambda: right[0],
        "the result is float32: compute in float64": right.astype(np.float32),
    }


def check_softmax(x: Any, *, hint: str = "") -> None:
    """Hold softmax to the definition."""
    __tracebackhide__ = True
    scores = np.asarray(x, dtype=np.float64)
    check.close(
        kata.softmax(x),
        loop_softmax(scores),
        asked=call("softmax", x),
        rtol=1e-10,
        atol=1e-300,
        mistakes=softmax_mistakes(scores),
        hint=hint or "exp of each score, divided by the sum of these along the last axis",
    )


def check_derivative(s: Any, *, hint: str = "") -> None:
    """Hold the Jacobian to the definition."""
    __tracebackhide__ = True
    probabilities = np.asarray(s, dtype=np.float64)
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
def test_worked_example() -> None:
    check_softmax(np.zeros(4))


@pytest.mark.example
def test_worked_example_of_two_rows() -> None:
    check_softmax(np.array([[0.0, math.log(3.0)], [math.log(4.0), 0.0]]))


@pytest.mark.example
def test_worked_example_of_the_derivative() -> None:
    check_derivative(np.array([0.5, 0.25, 0.25]))


@pytest.mark.example
def test_worked_example_of_a_batch_of_derivatives() -> None:
    check_derivative(np.array([[0.5, 0.5], [0.0, 1.0]]))


@pytest.mark.example
def test_lists_are_accepted() -> None:
    asked = call("softmax", [[1, 1], [1, 1]])
    check.close(kata.softmax([[1, 1], [1, 1]]), np.full((2, 2), 0.5), asked=asked)
    asked = call("softmax_derivative", [0.5, 0.5])
    check.close(kata.softmax_derivative([0.5, 0.5]), [[0.25, -0.25], [-0.25, 0.25]], asked=asked)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(SCORES)
def test_softmax_equals_the_definition(x: Float64Array) -> None:
    check_softmax(x)


@pytest.mark.law
@given(SCORES, st.floats(-1e4, 1e4).map(round))
def test_adding_the_same_to_all_scores_of_a_row_changes_nothing(x: Float64Array, shift: int) -> None:
    x = np.round(x * 1024) / 1024  # such numbers, and their sums with whole ones, are exact in float64
    shifts = shift * (-1.0) ** np.arange(x.size // x.shape[-1]).reshape(*x.shape[:-1], 1)
    check_softmax(
        x + shifts, hint="subtract the largest score of each row, not of the whole array, before the exponential"
    )


@pytest.mark.law
@given(SCORES)
def test_probabilities_sum_to_1(x: Float64Array) -> None:
    check.close(
        np.sum(kata.softmax(x), axis=-1),
        np.ones(x.shape[:-1]),
        asked="the sum over the last axis of " + call("softmax", x),
        rtol=1e-13,
        atol=0.0,
        hint="divide by the sum over the last axis, and add nothing to it: after the shift it is at least 1",
    )


@pytest.mark.law
@given(SCORES, seeds())
def test_the_order_of_the_scores_does_not_matter(x: Float64Array, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(x.shape[-1])
    check_softmax(x[..., order])


@pytest.mark.law
@given(SCORES)
def test_rows_one_by_one_give_the_same_as_together(x: Float64Array) -> None:
    rows = list(x.reshape(-1, x.shape[-1]).copy())
    together, *alone = each(kata.softmax, [(part,) for part in (x, *rows)])
    for row, got, result in zip(rows, alone, np.asarray(together).reshape(-1, x.shape[-1]), strict=True):
        check.close(
            got,
            result,
            asked=call("softmax", row) + " against the same row in " + call("softmax", x),
            hint="the rows of a batch have nothing to do with each other",
        )


@pytest.mark.law
@given(SCORES)
def test_the_jacobian_equals_the_definition(x: Float64Array) -> None:
    check_derivative(special.softmax(x, axis=-1))


@pytest.mark.law
@given(st.integers(1, 5).flatmap(lambda size: arrays((size,), bound=4.0)))
def test_the_jacobian_is_the_slope_of_softmax(x: Float64Array) -> None:
    s = kata.softmax(x)
    jacobian = np.asarray(kata.softmax_derivative(s))
    check.true(
        jacobian.shape == (len(x), len(x)),
        asked="the shape of " + call("softmax_derivative", s),
        came=jacobian.shape,
        expected=f"{(len(x), len(x))}",
        mistake="s * (1 - s) is only the diagonal" if jacobian.shape == x.shape else "",
    )
    known: list[Any] = []

    def entry(i: int, points: list[Float64Array]) -> list[float]:
        if not known:  # the points are the same for all entries
            known.extend(each(kata.softmax, [(point,) for point in points]))
        return [row[i] for row in known]

    for i, row in enumerate(jacobian):
        check.gradient(
            row,
            partial(entry, i),
            x,
            asked=f"row {i} of " + call("softmax_derivative", s),
            name=f"x, of entry {i} of softmax at x = {check.show(x)}",
            atol=1e-7,
            mistakes={
                name: value[i] for name, value in derivative_mistakes(np.asarray(s)).items() if np.ndim(value) == 2
            },
            hint="entry [i, j] is the derivative of output i with respect to score j",
        )


@pytest.mark.law
@given(SCORES)
def test_rows_and_columns_of_the_jacobian_sum_to_zero(x: Float64Array) -> None:
    s = special.softmax(x, axis=-1)
    jacobian = kata.softmax_derivative(s)
    for axis, why in (
        (-2, "the probabilities sum to 1 whatever the scores"),
        (-1, "a shift of all scores changes nothing"),
    ):
        check.close(
            np.sum(jacobian, axis=axis),
            np.zeros(x.shape),
            asked=f"the sum over axis {axis} of " + call("softmax_derivative", s),
            atol=1e-12,
            hint=f"{why}, so these derivatives cancel",
        )


@pytest.mark.law
@given(SCORES)
def test_jacobians_one_by_one_give_the_same_as_together(x: Float64Array) -> None:
    s = special.softmax(x, axis=-1)
    size = s.shape[-1]
    rows = list(s.reshape(-1, size).copy())
    together, *alone = each(kata.softmax_derivative, [(part,) for part in (s, *rows)])
    for row, got, result in zip(rows, alone, np.asarray(together).reshape(-1, size, size), strict=True):
        check.close(
            got,
            result,
            asked=call("softmax_derivative", row) + " against the same row in " + call("softmax_derivative", s),
            hint="the rows of a batch have nothing to do with each other",
        )


# --- edges -----------------------------------------------------------------------------------------------------------

HUGE = {
    "all large": np.array([1e4, 1e4, 1e4 - 1.0]),
    "all far below zero": np.array([-1e4, -1e4 - 2.0]),
    "far apart": np.array([1e4, -1e4, 0.0]),
    "rows far apart": np.array([[1e4, 1e4 - 1.0], [-1e4, -1e4 + 1.0], [0.0, 1.0]]),
    "beyond exp(709)": np.array([710.0, 710.0]),
    "below exp(-745)": np.array([[-746.0, -746.0], [0.0, 0.0]]),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", HUGE)
def test_large_scores_neither_overflow_nor_vanish(why: str) -> None:
    x = HUGE[why]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check_softmax(
            x,
            hint="subtract the largest score of each row (not of the whole array, and no constant) before the exponential",
        )
    check.true(
        not caught,
        asked=call("softmax", x),
        came=f"the right numbers, and a warning: {caught[0].message}" if caught else "no warning",
        expected="no warning",
        mistake="the exponential overflows on the way: subtract the largest score of each row first",
    )


MASKED = {
    "one entry": np.array([0.0, -INF, 1.0]),
    "all but one": np.array([-INF, 5.0, -INF]),
    "beside scores far below zero": np.array([-INF, -1e4, -1e4]),
    "a triangle": np.array([[0.0, -INF, -INF], [1.0, 2.0, -INF], [0.0, 0.0, 0.0]]),
    "the first of its row, in a batch": np.array([[[-INF, 1.0], [3.0, 3.0]], [[0.0, -INF], [-INF, 1e4]]]),
}


@pytest.mark.edge
@pytest.mark.parametrize("where", MASKED)
def test_minus_infinity_masks_an_entry(where: str) -> None:
    x = MASKED[where]
    s = check.accepts(
        lambda: np.asarray(kata.softmax(x)),
        asked=call("softmax", x),
        because="each row has an entry that is not masked",
    )
    check_softmax(x)
    check.true(
        bool(np.all(s[np.isneginf(x)] == 0.0)),
        asked="the masked entries of " + call("softmax", x),
        came=s[np.isneginf(x)],
        expected="exactly 0",
        mistake="the mask leaves a trace: exp(-inf) is exactly 0, nothing may be added to it",
    )


@pytest.mark.edge
def test_masked_entries_have_no_slope() -> None:
    s = np.array([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]])
    check_derivative(s)
    jacobian = np.asarray(kata.softmax_derivative(s))
    masked = np.concatenate([jacobian[0, 1], jacobian[0, :, 1], jacobian[1].ravel()])
    check.true(
        bool(np.all(masked == 0.0)),
        asked="rows and columns of the entries that are 0 in " + call("softmax_derivative", s),
        came=masked,
        expected="exactly 0",
    )


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3), (2, 2, 3)])
def test_a_row_that_is_masked_throughout_is_an_error(shape: tuple[int, ...]) -> None:
    x = np.zeros(shape)
    x.reshape(-1, shape[-1])[-1] = -INF
    uniform = np.full(shape, 1 / shape[-1])
    blank = loop_softmax(np.zeros(shape))
    blank.reshape(-1, shape[-1])[-1] = 0.0
    lost = blank.copy()
    lost.reshape(-1, shape[-1])[-1] = np.nan

    def softmax() -> Any:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return kata.softmax(x)

    check.raises(
        ValueError,
        softmax,
        asked=call("softmax", x),
        because="the last row is minus infinity throughout",
        mistakes={
            "-inf minus -inf is NaN: look for such a row first": lost,
            "a masked row gets zeros": blank,
            "a masked row gets equal shares": uniform,
        },
        hint="look for rows whose largest entry is minus infinity, one row is enough",
    )


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, np.uint64])
def test_integers_do_not_wrap_around(dtype: type[np.generic]) -> None:
    x = np.array([[0, 3, 1], [100, 2, 101]], dtype=dtype)
    if np.issubdtype(dtype, np.signedinteger):
        x[0, 0] = x[1, 1] = -100  # -100 - 101 does not fit into int8
    asked = f"{call('softmax', x)} as {np.dtype(dtype).name}"
    got = check.accepts(
        partial(kata.softmax, x),
        asked=asked,
        because="the scores are small: integers wrapped around if something overflows, convert to float64 first",
    )
    check.close(
        got,
        loop_softmax(x.astype(float)),
        asked=asked,
        rtol=1e-10,
        atol=1e-300,
        hint="integers wrap around: convert x to float64 before anything is subtracted",
    )
    s = np.array([[0, 1, 0], [1, 0, 0]], dtype=dtype)
    check.close(
        kata.softmax_derivative(s),
        np.zeros((2, 3, 3)),
        asked=f"{call('softmax_derivative', s)} as {np.dtype(dtype).name}",
        hint="integers wrap around, -1 is 255 in uint8: convert the argument to float64 first",
    )


@pytest.mark.edge
def test_truth_values_count_as_0_and_1() -> None:
    flags = np.array([[True, False, False], [False, False, True]])
    asked = call("softmax", flags)
    taken = "np.asarray takes truth values"
    s = check.accepts(partial(kata.softmax, flags), asked=asked, because=taken)
    check.close(s, loop_softmax(flags.astype(float)), asked=asked, hint="convert to float64 first")
    asked = call("softmax_derivative", flags)
    jacobian = check.accepts(partial(kata.softmax_derivative, flags), asked=asked, because=taken)
    check.close(jacobian, np.zeros((2, 3, 3)), asked=asked, hint="convert to float64 first")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_float32_scores_lose_nothing_more(dtype: type[np.floating[Any]]) -> None:
    x = np.array([[0.1, 0.7, -1.3], [10000.0, 9999.0, -10000.0]]).astype(dtype)
    check.close(
        kata.softmax(x),
        loop_softmax(x.astype(float)),
        asked=f"{call('softmax', x)} as {np.dtype(dtype).name}",
        rtol=1e-10,
        atol=1e-300,
        hint="convert x to float64 first: all is computed in float64",
    )
    s = np.array([0.1, 0.2, 0.7], dtype=dtype)
    check.close(
        kata.softmax_derivative(s),
        loop_derivative(s.astype(float)),
        asked=f"{call('softmax_derivative', s)} as {np.dtype(dtype).name}",
        rtol=1e-10,
        atol=1e-15,
        hint="convert the argument to float64 first: all is computed in float64",
    )


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(1,), (4,), (1, 1), (1, 4), (4, 1), (3, 3), (2, 1, 3), (2, 3, 1), (2, 2, 2, 2)])
def test_results_are_float64_arrays_of_the_right_shape(shape: tuple[int, ...]) -> None:
    x = np.arange(math.prod(shape)).reshape(shape) % 5
    any_rank = "any number of axes from one up is right"
    s = check.accepts(lambda: kata.softmax(x), asked=call("softmax", x), because=any_rank)
    check.float_array(s, shape, asked=call("softmax", x), hint="the shape of x, whatever its number of axes")
    check_softmax(x)
    jacobian = check.accepts(lambda: kata.softmax_derivative(s), asked=call("softmax_derivative", s), because=any_rank)
    check.float_array(
        jacobian,
        (*shape, shape[-1]),
        asked=call("softmax_derivative", s),
        hint="a (C, C) matrix for each row: shape (..., C, C)",
    )
    check_derivative(np.asarray(s))


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(1100, 3), (2, 1100)])
def test_every_row_and_every_score_counts_however_many_there_are(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    check_softmax(x, hint="all rows are computed alike, and all scores of a row share: however many there are")


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(1100, 3), (1, 70)])
def test_every_row_has_its_jacobian_however_many_there_are(shape: tuple[int, int]) -> None:
    s = special.softmax(np.random.default_rng(0).normal(size=shape), axis=-1)
    check_derivative(s, hint="all rows are computed alike, however many there are")


@pytest.mark.edge
def test_any_memory_layout_will_do() -> None:
    x = np.arange(24.0).reshape(4, 6) % 7
    for view in (x.T, x[::-1], x[:, ::2], np.asfortranarray(x)):
        frozen = view.view()
        frozen.flags.writeable = False
        check_softmax(frozen)
        check_derivative(special.softmax(frozen, axis=-1))


BAD_SHAPES: list[tuple[int, ...]] = [(), (0,), (3, 0), (0, 3), (2, 0, 3)]


@pytest.mark.edge
@pytest.mark.parametrize("shape", BAD_SHAPES, ids=str)
@pytest.mark.parametrize("name", ["softmax", "softmax_derivative"])
def test_single_numbers_and_empty_axes_are_an_error(name: str, shape: tuple[int, ...]) -> None:
    value = np.ones(shape)
    check.raises(
        ValueError,
        partial(getattr(kata, name), value),
        asked=f"{name} of an array of shape {shape}",
        because="there must be an axis, and none of length zero",
        hint="check ndim and shape first: NumPy returns something for most of these",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_results_are_arrays_of_their_own() -> None:
    for x in (np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[2.0], [3.0]])):
        asked = call("softmax", x)
        with check.untouched(asked=asked, x=x):
            s = np.asarray(kata.softmax(x))
            s += 1.0
        check_softmax(x)
        s = special.softmax(x, axis=-1)
        asked = call("softmax_derivative", s)
        with check.untouched(asked=asked, softmax_output=s):
            jacobian = np.asarray(kata.softmax_derivative(s))
            jacobian += 1.0
        check_derivative(s)


@pytest.mark.edge
def test_a_result_does_not_change_at_the_next_call() -> None:
    x, other = np.array([[0.0, 1.0, 3.0]]), np.array([[2.0, 0.0, 0.0]])
    s, t = special.softmax(x, axis=-1), special.softmax(other, axis=-1)
    for name, function, first, second in (
        ("softmax", kata.softmax, x, other),
        ("softmax_derivative", kata.softmax_derivative, s, t),
    ):
        result = function(first)
        with check.untouched(asked=call(name, first) + ", then " + call(name, second), result=result):
            function(second)


@pytest.mark.edge
def test_arguments_may_be_given_by_name() -> None:
    names = "these are the names of the arguments"
    s = check.accepts(lambda: kata.softmax(x=[1.0, 1.0]), asked="softmax(x=[1.0, 1.0])", because=names)
    check.close(s, [0.5, 0.5], asked="softmax(x=[1.0, 1.0])")
    asked = "softmax_derivative(softmax_output=[0.5, 0.5])"
    jacobian = check.accepts(lambda: kata.softmax_derivative(softmax_output=[0.5, 0.5]), asked=asked, because=names)
    check.close(jacobian, [[0.25, -0.25], [-0.25, 0.25]], asked=asked)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_softmax_is_vectorised(race: Racer) -> None:
    x = np.random.default_rng(0).normal(size=(200, 50))
    race(
        lambda: kata.softmax(x),
        lambda: loop_softmax(x),
        at_least=10,
        versus="the loop",
        asked="softmax of an array of shape (200, 50)",
        hint="one np.exp over the whole array, one maximum and one sum along the last axis",
    )


@pytest.mark.speed
def test_the_derivative_is_vectorised(race: Racer) -> None:
    s = special.softmax(np.random.default_rng(0).normal(size=(20, 40)), axis=-1)
    race(
        lambda: kata.softmax_derivative(s),
        lambda: loop_derivative(s),
        at_least=10,
        versus="the loops",
        asked="softmax_derivative of an array of shape (20, 40)",
        hint="broadcast s[..., :, None] against s[..., None, :]: no loop over rows or entries",
    )
