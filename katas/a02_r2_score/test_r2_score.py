"""Suite of A02: what R² is, and the formulas that only look like it."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import r2_score as kata
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from harness.suite import check
from harness.suite.check import call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, arrays, floats, seeds, vectors

PAIRS = st.integers(2, 12).flatmap(lambda n: st.tuples(arrays((n,)), arrays((n,))))
"""Targets and predictions of one length."""


def loop_r2(y_true: list[float], y_pred: list[float]) -> float:
    """The definition, term by term, for targets that are not constant."""
    mean = sum(y_true) / len(y_true)
    residual = total = 0.0
    for truth, prediction in zip(y_true, y_pred, strict=True):
        residual += (truth - prediction) ** 2
        total += (truth - mean) ** 2
    return 1 - residual / total


def varies(y: Float64Array) -> bool:
    """Whether targets vary by more than what rounding could hide."""
    return bool(np.ptp(y) > 1e-3)


def mistakes(y_true: Float64Array, y_pred: Float64Array) -> dict[str, object]:
    """What the usual mistakes give for these arguments."""
    residual = np.sum((y_true - y_pred) ** 2)
    total = np.sum((y_true - y_true.mean()) ** 2)
    about_prediction = np.sum((y_true - y_pred.mean()) ** 2)
    explained = np.sum((y_pred - y_true.mean()) ** 2)
    right = 1 - residual / total
    return {
        "the arguments are swapped: the total is about the mean of y_true": lambda: (
            1 - residual / np.sum((y_pred - y_pred.mean()) ** 2)
        ),
        "clipped at 0: R² may be negative": lambda: max(right, 0.0),
        "clipped to [-1, 1]: R² has no lower bound": lambda: float(np.clip(right, -1, 1)),
        "the squared correlation: it forgives any scale and offset, R² does not": lambda: (
            np.corrcoef(y_true, y_pred)[0, 1] ** 2
        ),
        "the correlation coefficient": lambda: np.corrcoef(y_true, y_pred)[0, 1],
        "the mean of y_pred stands in the total: it is the mean of y_true": lambda: 1 - residual / about_prediction,
        "the explained over the total sum of squares: equal to R² only for least-squares fits": lambda: (
            explained / total
        ),
        "the 1 - is missing: that is the unexplained share": lambda: residual / total,
        "the sign is turned: 1 minus the ratio": lambda: residual / total - 1,
        "the mean is not taken off in the total": lambda: 1 - residual / np.sum(y_true**2),
        "a sum of squares over a mean of squares: divide both by n or neither": lambda: 1 - residual / np.var(y_true),
        "a mean of squares over a sum of squares: divide both by n or neither": lambda: (
            1 - residual / (y_true.size * total)
        ),
        "the explained variance: a constant offset of the prediction costs R²": lambda: (
            1 - np.var(y_true - y_pred) / np.var(y_true)
        ),
        "n and n - 1 are mixed: divide both sums by the same number": lambda: (
            1 - (residual / y_true.size) / np.var(y_true, ddof=1)
        ),
        "the adjusted R² of one feature": lambda: 1 - (1 - right) * (y_true.size - 1) / (y_true.size - 2),
        "absolute differences instead of squares": lambda: (
            1 - np.sum(np.abs(y_true - y_pred)) / np.sum(np.abs(y_true - y_true.mean()))
        ),
        "the root of the ratio: no root is taken": lambda: 1 - np.sqrt(residual / total),
    }


def check_r2(y_true: Float64Array, y_pred: Float64Array, hint: str = "") -> None:
    """Hold the subject to the oracle."""
    __tracebackhide__ = True
    check.close(
        kata.r2_score(y_true, y_pred),
        metrics.r2_score(y_true, y_pred),
        asked=call("r2_score", y_true, y_pred),
        rtol=1e-7,
        atol=1e-9,
        mistakes=mistakes(y_true, y_pred),
        hint=hint,
    )


@pytest.mark.example
def test_worked_example_that_is_worse_than_the_mean() -> None:
    y_true, y_pred = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0])
    asked = call("r2_score", y_true, y_pred)
    check.close(kata.r2_score(y_true, y_pred), -1.0, asked=asked, mistakes=mistakes(y_true, y_pred))


@pytest.mark.example
def test_worked_example_of_a_good_prediction() -> None:
    check_r2(np.array([3.0, -0.5, 2.0, 7.0]), np.array([2.5, 0.0, 2.0, 8.0]))


@pytest.mark.example
def test_worked_example_of_constant_targets() -> None:
    asked = call("r2_score", [0.1, 0.1, 0.1], [0.1, 0.1, 0.2])
    hint = "compare the values themselves: SS_tot of [0.1, 0.1, 0.1] is not exactly 0"
    check.close(kata.r2_score([0.1, 0.1, 0.1], [0.1, 0.1, 0.2]), 0.0, asked=asked, hint=hint)


@pytest.mark.law
@given(PAIRS.filter(lambda pair: varies(pair[0])))
def test_equals_the_definition(pair: tuple[Float64Array, Float64Array]) -> None:
    check_r2(*pair, hint="both sums are computed from the arguments, whatever these are")


@pytest.mark.law
@given(vectors(min_size=2))
def test_a_perfect_prediction_scores_1(y: Float64Array) -> None:
    asked = call("r2_score", y, y)
    constant = {"NaN for constant targets: an exact prediction of them is 1": math.nan, "0 for constant targets": 0.0}
    check.close(kata.r2_score(y, y), 1.0, asked=asked, mistakes=constant)


@pytest.mark.law
@given(vectors(min_size=2).filter(varies))
def test_predicting_the_mean_of_the_targets_scores_0(y: Float64Array) -> None:
    prediction = np.full_like(y, y.mean())
    asked = call("r2_score", y, prediction)
    check.close(
        kata.r2_score(y, prediction), 0.0, asked=asked, atol=1e-6, mistakes={"NaN": math.nan, **mistakes(y, prediction)}
    )


@pytest.mark.law
@given(vectors(min_size=2).filter(varies), floats(10.0).filter(lambda offset: abs(offset) > 0.1))
def test_an_offset_of_the_prediction_costs(y: Float64Array, offset: float) -> None:
    check_r2(y, y + offset, hint="a prediction that is off by a constant is not perfect")


@pytest.mark.law
@given(PAIRS.filter(lambda pair: varies(pair[0])), floats(10.0).filter(lambda f: abs(f) > 0.1), floats(100.0))
def test_changing_the_unit_of_both_changes_nothing(
    pair: tuple[Float64Array, Float64Array], factor: float, offset: float
) -> None:
    y_true, y_pred = pair
    check_r2(factor * y_true + offset, factor * y_pred + offset)


@pytest.mark.law
@given(st.integers(2, 8), seeds())
def test_the_order_of_the_samples_does_not_matter(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.normal(size=(2, n))
    order = rng.permutation(n)
    assume(varies(y_true))
    asked = call("r2_score", y_true[order], y_pred[order]) + " to equal the same in another order"
    hint = "each sample counts alike, wherever it stands"
    check.close(
        kata.r2_score(y_true[order], y_pred[order]), kata.r2_score(y_true, y_pred), asked=asked, rtol=1e-7, hint=hint
    )


@pytest.mark.law
@given(floats(), st.integers(2, 6), floats(1.0))
def test_constant_targets_score_1_or_0_and_nothing_else(value: float, n: int, error: float) -> None:
    y_true = np.full(n, value)
    y_pred = y_true.copy()
    y_pred[-1] += error
    exact = bool(y_pred[-1] == value)
    check.close(
        kata.r2_score(y_true, y_pred),
        1.0 if exact else 0.0,
        asked=call("r2_score", y_true, y_pred),
        mistakes={
            "NaN for constant targets: they are a case of their own": math.nan,
            "-inf for constant targets: they are a case of their own": -math.inf,
            "1 for constant targets whatever the prediction": 1.0,
            "0 for constant targets whatever the prediction": 0.0,
        },
        hint="whether targets are constant is a question about the values, not about SS_tot == 0",
    )


@pytest.mark.edge
@pytest.mark.parametrize("value", [0.1, 0.7, 1e-3, 3.3, -0.1])
def test_constant_targets_are_seen_by_their_values_and_not_by_a_sum_that_rounds(value: float) -> None:
    y_true, y_pred = np.full(3, value), np.array([value, value, value + 1])
    asked = call("r2_score", y_true, y_pred)
    with np.errstate(all="ignore"):
        rounded = metrics.r2_score(y_true, y_pred)
    check.close(
        kata.r2_score(y_true, y_pred),
        0.0,
        asked=asked,
        mistakes={"divided by an SS_tot that is nothing but rounding: compare the values with each other": rounded},
        hint="SS_tot == 0 is no test for constant targets: their mean may differ from them in the last bit",
    )


MISSED = {
    "by a little": (1.0, [1.0, 1.0, 1.0 + 2.0**-40]),
    "by so little that its square is 0": (0.0, [0.0, 0.0, 1e-200]),
    "up and down, by nothing on average": (5.0, [4.0, 5.0, 6.0]),
    "by the same each time": (5.0, [6.0, 6.0, 6.0]),
}


@pytest.mark.edge
@pytest.mark.parametrize("how", MISSED)
def test_constant_targets_that_are_missed_score_0(how: str) -> None:
    value, prediction = MISSED[how]
    y_true, y_pred = np.full(3, value), np.array(prediction)
    check.close(
        kata.r2_score(y_true, y_pred),
        0.0,
        asked=f"{call('r2_score', y_true, y_pred)}, constant targets missed {how}",
        mistakes={
            "taken for a perfect prediction: each must equal the target exactly, and no tolerance belongs here": 1.0
        },
        hint="compare each prediction with the target itself: no tolerance, no sum, no mean",
    )


BARELY = {
    "about 1, by 1e-6": (1.0, 2.0**-20),
    "about 1, by 5e-13": (1.0, 2.0**-41),
    "about 0, by 1e-9": (0.0, 1e-9),
    "about 0, by 1e-100": (0.0, 1e-100),
}


@pytest.mark.edge
@pytest.mark.parametrize("how", BARELY)
def test_targets_that_vary_only_a_little_are_not_constant(how: str) -> None:
    level, step = BARELY[how]
    y_true = level + step * np.array([0.0, 1.0, 2.0])
    y_pred = level + step * np.array([0.0, 1.0, 1.0])
    check.close(
        kata.r2_score(y_true, y_pred),
        0.5,
        asked=f"r2_score of targets that vary {how}, half of whose variance is explained",
        rtol=1e-6,
        mistakes={
            "taken for constant: no tolerance belongs into that test": 0.0,
            "taken for constant, and the prediction for perfect: no tolerance belongs into that test": 1.0,
        },
        hint="no tolerance belongs into the test for constant targets, and nothing is added to SS_tot or kept above a bound",
    )


@pytest.mark.edge
def test_one_wild_target_is_explained_or_not() -> None:
    check_r2(np.array([0.0, 0.0, 0.0, 1000.0]), np.array([0.0, 0.0, 0.0, 0.0]))


@pytest.mark.edge
def test_there_is_no_lower_bound() -> None:
    y_true, y_pred = np.array([0.0, 1.0]), np.array([1e6, -1e6])
    check_r2(y_true, y_pred, hint="R² is below any bound when the prediction is bad enough: clip nothing")


@pytest.mark.edge
def test_every_sample_counts_however_many_there_are() -> None:
    y_true, y_pred = np.random.default_rng(0).normal(size=(2, 10_007))
    check_r2(y_true, y_pred, hint="the sums are over all samples: not a part of them, nor the first ones")


@pytest.mark.edge
def test_two_samples_are_enough() -> None:
    check_r2(np.array([1.0, 3.0]), np.array([1.0, 2.0]))


@pytest.mark.edge
def test_result_is_a_python_float() -> None:
    varying, constant = np.array([1.0, 2.0], dtype=np.float32), np.array([1, 1])
    check.python_float(kata.r2_score(varying, varying), asked=call("r2_score", varying, varying))
    check.python_float(kata.r2_score(constant, constant), asked=call("r2_score", constant, constant))


@pytest.mark.edge
@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_samples_are_an_error(n: int) -> None:
    y = np.ones(n)
    check.raises(
        ValueError,
        partial(kata.r2_score, y, y),
        asked=f"r2_score of {n} samples",
        because="R² needs at least two samples",
        mistakes={"NaN: say what is wrong instead": math.nan, "1 for what cannot be scored": 1.0, "0 for it": 0.0},
        hint="check the number of samples first",
    )


@pytest.mark.edge
@pytest.mark.parametrize(("n", "m"), [(3, 2), (2, 3), (3, 1), (1, 3)])
def test_lengths_that_differ_are_an_error(n: int, m: int) -> None:
    y_true, y_pred = np.arange(n) + 0.5, np.arange(m) + 0.5
    asked = call("r2_score", y_true, y_pred)
    hint = "compare the shapes before you subtract: NumPy stretches a length of 1"
    check.raises(ValueError, partial(kata.r2_score, y_true, y_pred), asked=asked, because=f"{n} is not {m}", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3, 1), (3,)),
        ((3,), (3, 1)),
        ((3, 1), (3, 1)),
        ((1, 3), (1, 3)),
        ((2, 2), (2, 2)),
        ((2, 1, 2), (2, 1, 2)),
        ((), (3,)),
        ((3,), ()),
    ],
)
def test_anything_but_one_axis_is_an_error(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    y_true, y_pred = (np.arange(math.prod(shape), dtype=float).reshape(shape) for shape in (left, right))
    check.raises(
        ValueError,
        partial(kata.r2_score, y_true, y_pred),
        asked=f"r2_score of shapes {left} and {right}",
        because="both must be one-dimensional",
        hint="check .ndim of both: (n,) against (n, 1) broadcasts to an n x n table",
    )


@pytest.mark.edge
def test_single_numbers_are_an_error() -> None:
    check.raises(
        ValueError,
        partial(kata.r2_score, 1.0, 1.0),
        asked=call("r2_score", 1.0, 1.0),
        because="a number is not one-dimensional",
        hint="check .ndim of both",
    )


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.int32])
def test_integers_do_not_wrap_around(dtype: type[np.generic]) -> None:
    y_true, y_pred = np.array([3, 120, 50], dtype=dtype), np.array([120, 3, 60], dtype=dtype)
    with np.errstate(all="ignore"):
        residual = np.sum((y_true - y_pred) ** 2)
        wrapped = 1 - float(residual) / float(np.sum((y_true - y_true.mean()) ** 2))
    check.close(
        kata.r2_score(y_true, y_pred),
        loop_r2([3.0, 120.0, 50.0], [120.0, 3.0, 60.0]),
        asked=f"{call('r2_score', y_true, y_pred)} as {np.dtype(dtype).name}",
        mistakes={"integers wrapped around: convert to float64 before subtracting": wrapped},
        hint="convert to float64 before subtracting",
    )


@pytest.mark.edge
def test_squares_of_large_integers_do_not_wrap_around() -> None:
    y_true, y_pred = np.array([0, 4_000_000_000, 0]), np.array([4_000_000_000, 0, 0])
    residual = np.sum((y_true - y_pred) ** 2)
    check.close(
        kata.r2_score(y_true, y_pred),
        -2.0,
        asked=call("r2_score", y_true, y_pred) + " as int64",
        mistakes={
            "the squares wrapped around, beyond 2**63: no integer is wide enough, convert to float64": lambda: (
                1 - residual / np.sum((y_true - y_true.mean()) ** 2)
            )
        },
        hint="no integer is wide enough: convert to float64 before subtracting",
    )


@pytest.mark.edge
def test_truth_values_count_as_0_and_1() -> None:
    y_true, y_pred = np.array([True, False, True, False]), np.array([True, False, False, False])
    asked = call("r2_score", y_true, y_pred)
    got = check.accepts(partial(kata.r2_score, y_true, y_pred), asked=asked, because="np.asarray takes truth values")
    check.close(got, 0.0, asked=asked, hint="convert to float64 before subtracting")


@pytest.mark.edge
@pytest.mark.parametrize(("y_true", "y_pred"), [([1, 2, 3], [1.5, 2.0, 3.0]), ([1.5, 2.0, 3.0], [1, 2, 3])])
def test_integers_against_floats_keep_the_fractions(y_true: list[float], y_pred: list[float]) -> None:
    check.close(
        kata.r2_score(y_true, y_pred),
        loop_r2(y_true, y_pred),
        asked=call("r2_score", y_true, y_pred),
        mistakes={"the fractions were cut off: convert both to float64, not one to the type of the other": 1.0},
        hint="convert both to float64",
    )


@pytest.mark.edge
@pytest.mark.parametrize("above", [(0, 1, 2, 4), (0, 1, 3, 3, 3, 4)])
def test_float32_is_computed_in_float64(above: tuple[int, ...]) -> None:
    y_true = np.array([1e6 + more for more in above], dtype=np.float32)
    y_pred = y_true + np.eye(len(above), dtype=np.float32)[2]
    check.close(
        kata.r2_score(y_true, y_pred),
        loop_r2(y_true.astype(float).tolist(), y_pred.astype(float).tolist()),
        asked=call("r2_score", y_true, y_pred) + " as float32",
        mistakes={
            "the mean was taken in float32: convert y_true to float64 first": lambda: (
                1 - 1 / np.sum((y_true.astype(float) - float(y_true.mean())) ** 2)
            )
        },
        hint="convert to float64 first: float32 keeps seven digits",
    )


@pytest.mark.edge
def test_a_large_offset_does_not_drown_the_variance() -> None:
    y_true = 1e8 + np.array([0.0, 1.0, 2.0, 3.0])
    y_pred = 1e8 + np.array([0.0, 1.0, 2.0, 4.0])
    check.close(
        kata.r2_score(y_true, y_pred),
        0.8,
        asked=call("r2_score", y_true, y_pred),
        rtol=1e-6,
        hint="take the mean off before squaring: the difference of two huge sums of squares has no digits left",
    )


@pytest.mark.edge
def test_lists_are_accepted() -> None:
    check.close(kata.r2_score([0, 2], [0, 1]), 0.5, asked=call("r2_score", [0, 2], [0, 1]))


@pytest.mark.edge
def test_any_memory_layout_will_do() -> None:
    y_true, y_pred = np.arange(12.0).reshape(2, 6) ** 2 % 7
    want = loop_r2(y_true.tolist(), y_pred.tolist())
    for layout in (lambda y: np.repeat(y, 2)[::2], lambda y: y[::-1].copy()[::-1], np.copy):
        views = layout(y_true), layout(y_pred)
        for view in views:
            view.flags.writeable = False
        asked = call("r2_score", *views) + " of arrays that are read-only, and strided or not"
        got = check.accepts(
            partial(kata.r2_score, *views),
            asked=asked,
            because="an array may be read-only, and lie in memory in any order",
        )
        check.close(got, want, asked=asked)


@pytest.mark.edge
def test_arguments_may_be_given_by_name() -> None:
    asked = "r2_score(y_pred=[1.0, 2.0, 5.0], y_true=[1.0, 2.0, 3.0])"
    got = check.accepts(
        lambda: kata.r2_score(y_pred=[1.0, 2.0, 5.0], y_true=[1.0, 2.0, 3.0]),
        asked=asked,
        because="these are the names of its arguments",
    )
    check.close(got, -1.0, asked=asked)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    y_true, y_pred = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 5.0])
    with check.untouched(asked=call("r2_score", y_true, y_pred), y_true=y_true, y_pred=y_pred):
        kata.r2_score(y_true, y_pred)


@pytest.mark.speed
def test_is_vectorised(race: Racer) -> None:
    y_true, y_pred = np.random.default_rng(0).normal(size=(2, 10_000))
    as_lists = y_true.tolist(), y_pred.tolist()
    race(
        lambda: kata.r2_score(y_true, y_pred),
        lambda: loop_r2(*as_lists),
        at_least=20,
        versus="the loop",
        asked="r2_score of 10 000 samples",
        hint="let NumPy work on whole arrays, without a Python loop",
    )
