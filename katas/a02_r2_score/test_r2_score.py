"""Suite of A02: what R² is, and the formulas that only look like it."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
import r2_score as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, arrays, floats, seeds, vectors


def varies(y: Float64Array) -> bool:
    """Whether targets vary by more than what rounding could hide."""
    return bool(np.ptp(y) > 1e-3)


PAIRS = st.integers(2, 12).flatmap(lambda n: st.tuples(arrays((n,)).filter(varies), arrays((n,))))
"""Targets that vary and predictions, of one length."""


def loop_r2(y_true: list[float], y_pred: list[float]) -> float:
    """The definition, term by term, for targets that vary."""
    mean = math.fsum(y_true) / len(y_true)
    residual = math.fsum((truth - prediction) ** 2 for truth, prediction in zip(y_true, y_pred, strict=True))
    return 1 - residual / math.fsum((truth - mean) ** 2 for truth in y_true)


def mistakes(y_true: Float64Array, y_pred: Float64Array) -> Mistakes:
    """What the usual mistakes give for these arguments."""
    n = y_true.size
    residual = np.sum((y_true - y_pred) ** 2)
    total = np.sum((y_true - y_true.mean()) ** 2)
    right = 1 - residual / total
    return {
        "clipped at 0: R² may be negative": lambda: max(right, 0.0),
        "clipped to [-1, 1]: R² has no lower bound": lambda: float(np.clip(right, -1, 1)),
        "the squared correlation: it forgives any scale and offset, R² does not": lambda: (
            np.corrcoef(y_true, y_pred)[0, 1] ** 2
        ),
        "the correlation coefficient: R² compares squared errors": lambda: np.corrcoef(y_true, y_pred)[0, 1],
        "the arguments are swapped: the total is that of y_true": lambda: (
            1 - residual / np.sum((y_pred - y_pred.mean()) ** 2)
        ),
        "the mean of y_pred stands in the total: it is the mean of y_true": lambda: (
            1 - residual / np.sum((y_true - y_pred.mean()) ** 2)
        ),
        "the explained over the total sum of squares: equal to R² only for least-squares fits": lambda: (
            np.sum((y_pred - y_true.mean()) ** 2) / total
        ),
        "the explained variance: a constant offset of the prediction costs R²": lambda: (
            1 - np.var(y_true - y_pred) * n / total
        ),
        "the 1 - is missing: that is the unexplained share": lambda: residual / total,
        "the mean is not taken off in the total": lambda: 1 - residual / np.sum(y_true**2),
        "a sum of squares over a mean of squares: divide both by n or neither": lambda: 1 - residual * n / total,
        "a mean of squares over a sum of squares: divide both by n or neither": lambda: 1 - residual / n / total,
        "n and n - 1 are mixed: divide both sums by the same number": lambda: 1 - residual / n / np.var(y_true, ddof=1),
    }


def check_r2(y_true: npt.ArrayLike, y_pred: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the subject to the definition."""
    __tracebackhide__ = True
    truth, prediction = np.array(y_true, dtype=np.float64), np.array(y_pred, dtype=np.float64)  # copies
    check.close(
        kata.r2_score(y_true, y_pred),
        loop_r2(truth.tolist(), prediction.tolist()),
        asked=call("r2_score", y_true, y_pred),
        rtol=1e-7,
        atol=1e-9,
        mistakes=mistakes(truth, prediction),
        hint=hint or "1 minus the sum of squared errors over the sum of squared deviations from the mean of y_true",
    )


def check_constant(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> None:
    """Hold the subject to the rule for constant targets."""
    __tracebackhide__ = True
    truth, prediction = np.array(y_true), np.array(y_pred)
    check.close(
        kata.r2_score(y_true, y_pred),
        1.0 if (prediction == truth).all() else 0.0,
        asked=call("r2_score", y_true, y_pred),
        mistakes={
            "1 for constant targets: only if each prediction equals its target exactly, without tolerance": 1.0,
            "0 for constant targets: 1 if each prediction equals its target exactly": 0.0,
            "NaN for constant targets: they are a case of their own": math.nan,
            "infinite for constant targets: they are a case of their own": -math.inf,
            "divided by an SS_tot that is only rounding error: compare the values with each other": lambda: (
                1 - np.sum((truth - prediction) ** 2) / np.sum((truth - truth.mean()) ** 2)
            ),
        },
        hint="whether targets are constant is a question about the values, not about SS_tot == 0",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_that_is_worse_than_the_mean() -> None:
    check_r2([1.0, 2.0, 3.0], [1.0, 1.0, 5.0])


@pytest.mark.example
def test_worked_example_of_a_good_prediction() -> None:
    check_r2([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0])


@pytest.mark.example
def test_worked_example_of_constant_targets() -> None:
    check_constant([0.1, 0.1, 0.1], [0.1, 0.1, 0.2])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PAIRS)
def test_equals_the_definition(pair: tuple[Float64Array, Float64Array]) -> None:
    check_r2(*pair)


@pytest.mark.law
@given(vectors(min_size=2))
def test_a_perfect_prediction_scores_1(y: Float64Array) -> None:
    constant = {"NaN for constant targets: an exact prediction of them is 1": math.nan, "0 for constant targets": 0.0}
    check.close(kata.r2_score(y, y), 1.0, asked=call("r2_score", y, y), mistakes=constant)


@pytest.mark.law
@given(vectors(min_size=2).filter(varies))
def test_predicting_the_mean_of_the_targets_scores_0(y: Float64Array) -> None:
    prediction = np.full_like(y, y.mean())
    asked = call("r2_score", y, prediction)
    mean_known = {"NaN: a constant prediction has no correlation with anything": math.nan, **mistakes(y, prediction)}
    check.close(kata.r2_score(y, prediction), 0.0, asked=asked, atol=1e-6, mistakes=mean_known)


@pytest.mark.law
@given(st.integers(2, 8), seeds(), st.sampled_from([2.0**-30, 1.0, 2.0**30]), st.sampled_from([0.0, 2.0**22]))
def test_changing_the_unit_of_both_changes_nothing(n: int, seed: int, factor: float, offset: float) -> None:
    rng = np.random.default_rng(seed)
    y_true, y_pred = rng.integers(-32, 33, size=(2, n)) / 8
    y_true[:2] = -1.0, 2.0
    y = factor * (y_true + offset), factor * (y_pred + offset)
    check.close(
        kata.r2_score(*y),
        loop_r2(y_true.tolist(), y_pred.tolist()),
        asked=call("r2_score", *y),
        rtol=1e-6,
        atol=1e-6,
        mistakes={
            "one of: targets that vary were taken for constant, or R² was clipped at 0": 0.0,
            "targets that vary were taken for constant, and the prediction for exact": 1.0,
            "SS_tot is the difference of two huge sums: take the mean off before squaring": lambda: (
                1 - np.sum((y[0] - y[1]) ** 2) / (np.sum(y[0] ** 2) - y[0].sum() ** 2 / n)
            ),
            **mistakes(*y),
        },
        hint="take the mean off before squaring, and use no tolerance, bound or epsilon anywhere",
    )


@pytest.mark.law
@given(floats(), st.integers(2, 6), floats(1.0))
def test_constant_targets_score_1_or_0_and_nothing_else(value: float, n: int, error: float) -> None:
    y_true, y_pred = np.full(n, value), np.full(n, value)
    y_pred[-1] += error
    check_constant(y_true, y_pred)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("value", [0.7, 3.3])
def test_constant_targets_are_seen_by_their_values_and_not_by_a_sum_that_rounds(value: float) -> None:
    check_constant(np.full(3, value), np.array([value, value, value + 1]))


MISSED = {
    "by a little": (1.0, [1.0, 1.0, 1.0 + 2.0**-40]),
    "up and down, by nothing on average": (5.0, [4.0, 5.0, 6.0]),
    "by the same each time": (5.0, [6.0, 6.0, 6.0]),
}


@pytest.mark.edge
@pytest.mark.parametrize("how", MISSED)
def test_constant_targets_that_are_missed_score_0(how: str) -> None:
    value, prediction = MISSED[how]
    check_constant(np.full(3, value), np.array(prediction))


@pytest.mark.edge
@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_samples_are_an_error(n: int) -> None:
    check.raises(
        ValueError,
        partial(kata.r2_score, np.ones(n), np.ones(n)),
        asked=f"r2_score of {n} samples",
        because="R² needs at least two samples",
        mistakes={"NaN: say what is wrong instead": math.nan, "1 for what cannot be scored": 1.0, "0 for it": 0.0},
        hint="check the number of samples first",
    )


SHAPES = [
    ((3,), (2,)),
    ((3,), (1,)),
    ((1,), (3,)),
    ((3, 1), (3,)),
    ((3,), (3, 1)),
    ((3, 1), (3, 1)),
    ((2, 2), (2, 2)),
    ((), ()),
]


@pytest.mark.edge
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_anything_but_two_vectors_of_one_length_is_an_error(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    y_true, y_pred = (
        np.arange(math.prod(shape), dtype=float).reshape(shape) ** power for shape, power in ((left, 1), (right, 2))
    )

    def r2(y_true: Float64Array, y_pred: Float64Array) -> np.float64:
        return np.float64(1 - np.sum((y_true - y_pred) ** 2) / np.sum((y_true - y_true.mean()) ** 2))

    check.raises(
        ValueError,
        partial(kata.r2_score, y_true, y_pred),
        asked=f"r2_score of shapes {left} and {right}",
        because="both must be one-dimensional, and of one length",
        mistakes={
            "NumPy broadcast the shapes: check .ndim and .shape of both first": lambda: r2(y_true, y_pred),
            "the arrays were flattened: anything but shape (n,) is an error": lambda: r2(
                y_true.ravel(), y_pred.ravel()
            ),
        },
        hint="check .ndim and .shape of both: (n,) against (n, 1) broadcasts to an n x n table",
    )


DTYPES = {
    "uint8": np.array([[3, 120, 50], [120, 3, 60]], dtype=np.uint8),
    "int64": np.array([[0, 4_000_000_000, 0], [4_000_000_000, 0, 0]]),
    "float32": np.array([[1e6, 1e6 + 1, 1e6 + 3], [1e6, 1e6 + 2, 1e6 + 3]], dtype=np.float32),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(dtype: str) -> None:
    y_true, y_pred = DTYPES[dtype]
    exact = y_true.astype(np.float64), y_pred.astype(np.float64)
    check.close(
        kata.r2_score(y_true, y_pred),
        loop_r2(*(part.tolist() for part in exact)),
        asked=call("r2_score", y_true, y_pred) + f" as {dtype}",
        mistakes={
            f"computed in {dtype}: convert both arguments to float64 first": lambda: (
                1 - float(np.sum((y_true - y_pred) ** 2)) / np.sum((y_true - y_true.mean()) ** 2)
            ),
            f"the mean was taken in {dtype}: convert y_true to float64 first": lambda: (
                1 - np.sum((exact[0] - exact[1]) ** 2) / np.sum((exact[0] - float(y_true.mean())) ** 2)
            ),
        },
        hint="convert both arguments to float64 first",
    )


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
def test_arguments_stay_as_they_were() -> None:
    y_true, y_pred = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 5.0])
    with check.untouched(asked=call("r2_score", y_true, y_pred), y_true=y_true, y_pred=y_pred):
        kata.r2_score(y_true, y_pred)
