"""Suite of A13: which side of the limit each value is on, and the limits that only look alike."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import outliers as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Mask = npt.NDArray[np.bool_]
EXAMPLE = np.array([12.0, 11, 13, 12, 7, 12, 11, 13, 30])
# Values on both sides at so many distances that limits which only look alike give other masks.
TAILS_Z = np.array(
    [38.0, 48, 50, 49, 48, 49, 43, 36, 8, 19, 55, 44, 84, 49, 46, 46, 118, 44, 87, 51, 49, 35, 48, 91, 54, 64]
)
TAILS_IQR = np.array(
    [29.0, 23, 52, 64, 57, 27, 51, 48, 46, 14, 35, 43, 43, 71, 48, 49, 71, 8, 52, 129, 47, 36, 46, 52, 43, 118, 45, 133]
)


def heavy_tails(seed: int) -> Float64Array:
    """Values of which some are far away."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=rng.integers(1, 30)) ** 3 + rng.normal()


def loop_zscore(x: Float64Array, threshold: float, ddof: int = 0) -> Mask:
    """The definition, value by value."""
    mean = math.fsum(x) / len(x)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in x) / (len(x) - ddof))
    return np.array([abs(value - mean) > threshold * deviation for value in x])


def quartile(x: Float64Array, share: float) -> float:
    """The value at a share of the way through the sorted values, interpolated linearly."""
    ordered, position = sorted(x.tolist()), share * (len(x) - 1)
    below = int(position)
    return float(ordered[below] + (position - below) * (ordered[min(below + 1, len(x) - 1)] - ordered[below]))


def beyond(x: Float64Array, lower: float, upper: float) -> Mask:
    return np.array([value < lower or value > upper for value in x])


def loop_iqr(x: Float64Array, factor: float) -> Mask:
    """The definition, value by value."""
    q1, q3 = quartile(x, 0.25), quartile(x, 0.75)
    return beyond(x, q1 - factor * (q3 - q1), q3 + factor * (q3 - q1))


def mask_mistakes(x: Float64Array, right: Mask) -> Mistakes:
    """What both functions may return in place of a mask of the outliers."""
    return {
        "True where a value is no outlier: the other way round": ~right,
        "the indices of the outliers: a mask of all values": np.flatnonzero(right),
        "the outliers themselves: a mask of all values": x[right],
        "0 and 1: an array of bools": right.astype(int),
        "the mask is in the order of the sorted values: keep that of x": lambda: right[np.argsort(x)],
    }


def zscore_mistakes(x: Float64Array, threshold: float) -> Mistakes:
    """What the usual mistakes give for the z-score rule."""
    d, s, median = x - x.mean(), x.std(), np.median(x)
    right = loop_zscore(x, threshold)
    return {
        "large values only: take the absolute deviation": lambda: d > threshold * s,
        "small values only: take the absolute deviation": lambda: d < -threshold * s,
        "a value at the limit counts: strictly beyond it only": lambda: np.abs(d) >= threshold * s,
        "divided by n - 1: the deviation here divides by n": lambda: loop_zscore(x, threshold, ddof=1),
        "measured from the median: from the mean": lambda: np.abs(x - median) > threshold * s,
        "the mean was not subtracted": lambda: np.abs(x) > threshold * s,
        "the variance for the deviation: take the root": lambda: np.abs(d) > threshold * s**2,
        "the threshold was ignored, and 3 taken": lambda: np.abs(d) > 3 * s,
        "the standard error for the deviation": lambda: np.abs(d) > threshold * s / np.sqrt(len(x)),
        "median and MAD (modified z-score)": lambda: (
            0.6745 * np.abs(x - median) > threshold * np.median(np.abs(x - median))
        ),
        "a second round without the outliers of the first": lambda: (
            right | (np.abs(x - x[~right].mean()) > threshold * x[~right].std())
        ),
        "the z-scores: compare them with the threshold": lambda: d / s,
        **mask_mistakes(x, right),
    }


def iqr_mistakes(x: Float64Array, factor: float) -> Mistakes:
    """What the usual mistakes give for the rule of the quartiles."""
    q1, median, q3 = (quartile(x, share) for share in (0.25, 0.5, 0.75))
    reach, ordered, n = factor * (q3 - q1), np.sort(x), len(x)
    halves = np.median(ordered[: n // 2]) if n > 1 else q1, np.median(ordered[(n + 1) // 2 :]) if n > 1 else q3

    def other(low: Any, high: Any) -> Mask:
        return beyond(x, low - factor * (high - low), high + factor * (high - low))

    return {
        "large values only: look below the lower fence, too": lambda: x > q3 + reach,
        "a value at a fence counts: strictly outside only": lambda: (x <= q1 - reach) | (x >= q3 + reach),
        "the fences are about the median: begin at the quartiles": lambda: beyond(x, median - reach, median + reach),
        "the fences are about the mean: begin at the quartiles": lambda: beyond(x, x.mean() - reach, x.mean() + reach),
        "the fences begin at the wrong quartiles: Q1 below, Q3 above": lambda: beyond(x, q3 - reach, q1 + reach),
        "the factor was ignored, and 1.5 taken": lambda: loop_iqr(x, 1.5),
        "the standard deviation for the IQR": lambda: beyond(x, q1 - factor * x.std(), q3 + factor * x.std()),
        "np.percentile counts from 0 to 100: 25 and 75": lambda: other(*np.percentile(x, [0.25, 0.75])),
        "x was not sorted for the quartiles": lambda: other(x[n // 4], x[3 * n // 4]),
        "the quartiles are values of x: interpolate between them": lambda: other(ordered[n // 4], ordered[3 * n // 4]),
        "the quartiles are medians of the halves: interpolate at (n - 1)/4": lambda: other(*halves),
        "no outliers where the IQR is 0: it is no special case": lambda: loop_iqr(x, factor) & (q3 > q1),
        **mask_mistakes(x, loop_iqr(x, factor)),
    }


def check_zscore(x: npt.ArrayLike, threshold: float | None = None, *, hint: str = "") -> None:
    """Hold `zscore_outliers` to the definition, None is the default; a hint says what this case is about."""
    __tracebackhide__ = True
    values, limit = np.array(x, dtype=np.float64), 3.0 if threshold is None else threshold
    arguments = {} if threshold is None else {"threshold": threshold}
    check.equal(
        kata.zscore_outliers(x, **arguments),
        loop_zscore(values, limit),
        asked=call("zscore_outliers", x, **arguments),
        mistakes=None if hint else zscore_mistakes(values, limit),
        hint=hint or "|x - mean| > threshold * deviation, value by value",
    )


def check_iqr(x: npt.ArrayLike, factor: float | None = None, *, hint: str = "") -> None:
    """Hold `iqr_outliers` to the definition, None is the default; a hint says what this case is about."""
    __tracebackhide__ = True
    values, limit = np.array(x, dtype=np.float64), 1.5 if factor is None else factor
    arguments = {} if factor is None else {"factor": factor}
    check.equal(
        kata.iqr_outliers(x, **arguments),
        loop_iqr(values, limit),
        asked=call("iqr_outliers", x, **arguments),
        mistakes=None if hint else iqr_mistakes(values, limit),
        hint=hint or "below Q1 - factor * IQR or above Q3 + factor * IQR, with quartiles interpolated at (n - 1)/4",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_the_zscore_rule() -> None:
    check_zscore(EXAMPLE.tolist(), 2.0)
    check_zscore(EXAMPLE.tolist())
    check_zscore([*EXAMPLE, 12, 11, 13])


@pytest.mark.example
def test_worked_example_of_the_rule_of_the_quartiles() -> None:
    check_iqr(EXAMPLE.tolist())


@pytest.mark.example
@pytest.mark.parametrize("threshold", [1.75, 1.5])
def test_values_at_many_distances_from_the_mean(threshold: float) -> None:
    check_zscore(TAILS_Z, threshold)


@pytest.mark.example
@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_values_at_many_distances_from_the_quartiles(factor: float) -> None:
    check_iqr(TAILS_IQR, factor)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.builds(heavy_tails, seeds()), st.sampled_from([0.7, 1.5, 2.5, 3.0]), st.sampled_from([1 - 1e-6, 1 + 1e-6]))
def test_the_zscore_rule_equals_the_definition(x: Float64Array, threshold: float, near: float) -> None:
    check_zscore(x, threshold)
    hint = "a value is an outlier a millionth beyond the limit, not a millionth within it: round nothing, take float64"
    check_zscore(x, near * abs(x[0] - x.mean()) / (x.std() or 1.0), hint=hint)


@pytest.mark.law
@given(st.lists(st.integers(-40, 40), min_size=1, max_size=20), st.sampled_from([0.0, 0.5, 1.0, 1.5, 3.0]))
def test_the_rule_of_the_quartiles_equals_the_definition(x: list[int], factor: float) -> None:
    check_iqr(x, factor)


@pytest.mark.law
@given(st.sampled_from([-(2.0**-60), 2.0**-60, -1.0, 2.0**20]), st.sampled_from([0.0, 2.0**30]), seeds())
def test_unit_sign_offset_and_order_do_not_matter(unit: float, offset: float, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(TAILS_Z))
    hint = "subtract the mean before you square, add no epsilon, round nothing, and leave x in its order"
    check_zscore(unit * (TAILS_Z[order] + offset), 1.75, hint=hint)
    check_iqr(unit * (TAILS_IQR[order] + offset), 1.0, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("x", "threshold"), [([4, -4, 0, 0, 0, 0, 0, 0], 2.0), ([3, -3] + 16 * [0], 3.0), ([1, 7], 1.0)]
)
def test_values_at_the_threshold_are_no_outliers(x: list[int], threshold: float) -> None:
    check_zscore(x, threshold, hint="a value exactly at the limit is no outlier: > and not >=")


@pytest.mark.edge
def test_values_at_the_fences_are_no_outliers() -> None:
    check_iqr([8, 11, 11, 12, 12, 12, 13, 13, 16])


@pytest.mark.edge
@pytest.mark.parametrize("threshold", [0.0, 0.5])
@pytest.mark.parametrize(("value", "n"), [(5.0, 1), (0.1, 3), (0.7, 6), (3.3, 7)])
def test_equal_values_have_no_outliers(value: float, n: int, threshold: float) -> None:
    x = np.full(n, value)
    check.equal(
        kata.zscore_outliers(x, threshold=threshold),
        np.zeros(n, dtype=bool),
        asked=call("zscore_outliers", x, threshold=threshold),
        mistakes={"the deviation of equal values may be 1e-17, not 0: compare the values": np.ones(n, dtype=bool)},
        hint="where all values are equal there is no outlier",
    )


@pytest.mark.edge
@pytest.mark.parametrize("x", [[5, 5, 5, 5, 5, 5, 5, 6, 4], [7, 7, 7], [7]])
def test_an_iqr_of_zero_is_no_special_case(x: list[int]) -> None:
    check_iqr(x)


@pytest.mark.edge
@pytest.mark.parametrize("rule", ["zscore", "iqr"])
def test_a_limit_of_zero_is_allowed(rule: str) -> None:
    (check_zscore if rule == "zscore" else check_iqr)(EXAMPLE, 0.0)


DTYPES = {
    "uint8": (np.array([200, 210, 205, 202, 208, 204, 206, 1, 203, 207, 255], dtype=np.uint8), 2.0, 1.5),
    "int64": (np.array([6 * 10**18] * 7 + [-9 * 10**18, 5 * 10**18]), 2.0, 1.5),
    "float32": (np.array([1e7 + k for k in (0, 1, 2, 3, 4, 5, 6, 20, 2, 3)], dtype=np.float32), 2.9, 5.2),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(dtype: str) -> None:
    x, threshold, factor = DTYPES[dtype]
    hint = f"the numbers came as {dtype}: make them float64 before anything else"
    check_zscore(x, threshold, hint=hint)
    check_iqr(x, factor, hint=hint)


RULES: dict[str, Callable[..., Any]] = {
    "zscore_outliers": lambda x, limit: kata.zscore_outliers(x, threshold=limit),
    "iqr_outliers": lambda x, limit: kata.iqr_outliers(x, factor=limit),
}


@pytest.mark.edge
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 1), (2, 3), (0, 3)])
def test_anything_but_a_vector_of_values_is_an_error(rule: str, shape: tuple[int, ...]) -> None:
    check.raises(
        ValueError,
        partial(RULES[rule], np.ones(shape), 1.0),
        asked=f"{rule} of an array of shape {shape}",
        because="x must have shape (n,), n at least 1",
        mistakes={"no outliers for no values: raise": np.zeros(0, dtype=bool)},
        hint="check .ndim and .size first",
    )


@pytest.mark.edge
@pytest.mark.parametrize("rule", RULES)
def test_a_negative_limit_is_an_error(rule: str) -> None:
    check.raises(
        ValueError,
        partial(RULES[rule], EXAMPLE, -0.5),
        asked=f"{rule}(x, -0.5)",
        because="threshold and factor must be at least 0",
        hint="check the limit, too",
    )


@pytest.mark.edge
@pytest.mark.parametrize("rule", RULES)
def test_the_argument_stays_as_it_was(rule: str) -> None:
    x = EXAMPLE.copy()
    with check.untouched(asked=call(rule, x), x=x):
        RULES[rule](x, 1.0)
