"""Follow-up of A03: softmax with a mask and a temperature, its logarithm, and what leaks through each."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import softmax as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, seeds

INF = float("inf")
FUNCTIONS = ["softmax", "log_softmax"]


class Case(NamedTuple):
    """Arguments of one call; `keep` has the shape of `x`."""

    x: Float64Array
    temperature: float
    keep: npt.NDArray[np.bool_]


def loop(name: str, x: Float64Array, temperature: float, keep: npt.NDArray[np.bool_]) -> Float64Array:
    """The definition of `softmax` or `log_softmax`, row by row, over the entries that count."""
    logs = []
    for row, flags in zip(x.reshape(-1, x.shape[-1]).tolist(), keep.reshape(-1, x.shape[-1]).tolist(), strict=True):
        largest = max(value for value, counts in zip(row, flags, strict=True) if counts)
        scaled = [(value - largest) / temperature if counts else -INF for value, counts in zip(row, flags, strict=True)]
        log_sum = math.log(math.fsum(math.exp(value) for value in scaled))
        logs.append([value - log_sum for value in scaled])
    result = np.array(logs).reshape(x.shape)
    return result if name == "log_softmax" else np.exp(result)


def make_case(seed: int) -> Case:
    """Rows of any rank with a mask that leaves an entry in each, and a temperature that is not 1."""
    rng = np.random.default_rng(seed)
    shape = (*rng.integers(1, 4, size=rng.integers(0, 3)).tolist(), int(rng.integers(2, 5)))
    keep = rng.random(shape) < 0.6
    keep.reshape(-1, shape[-1])[:, rng.integers(shape[-1])] = True
    x = rng.integers(-40, 41, size=shape) / 8
    return Case(x, float(rng.choice([0.25, 0.5, 2.0, 5.0])), keep)


CASES = st.builds(make_case, seeds())


def shared_mistakes(name: str, case: Case) -> Mistakes:
    """What the usual mistakes give for either function."""
    x, t, keep = case
    every = np.ones_like(keep)
    probabilities = partial(loop, "softmax")

    def out(result: Float64Array) -> Float64Array:
        return np.log(result) if name == "log_softmax" else result

    return {
        "the temperature is left out: divide the scores by it": lambda: loop(name, x, 1.0, keep),
        "multiplied by the temperature: divide by it": lambda: loop(name, x, 1 / t, keep),
        "the mask is left out": lambda: loop(name, x, t, every),
        "the mask is turned round: True counts, False is masked": lambda: loop(name, x, t, ~keep),
        "a large negative number stands under the mask: put -inf there, which no temperature brings near": lambda: loop(
            name, np.where(keep, x, -1e9), t, every
        ),
        "masked after the division: the entries that count must share the whole, sum over them only": lambda: out(
            probabilities(x, t, every) * keep
        ),
        "masked scores are set to 0, which still counts e^0: leave them out of the sum": lambda: loop(
            name, x * keep, t, every
        ),
        "e^0 of masked scores is in the sum: leave them out": lambda: out(
            probabilities(np.where(keep, x, 0), t, every) * keep
        ),
        "the mask belongs to the numerator and to the sum": lambda: out(np.where(keep, probabilities(x, t, every), 0)),
        "the mask stays out of the numerator: masked entries are 0": lambda: np.where(
            keep, loop(name, x, t, keep), loop(name, x, t, every)
        ),
        "normalised over the whole array: each row along the last axis has its own sum": lambda: loop(
            name, x.reshape(1, -1), t, keep.reshape(1, -1)
        ).reshape(x.shape),
        "the temperature divides the result: divide the scores": lambda: loop(name, x, 1.0, keep) / t,
        "the temperature divides twice": lambda: loop(name, x, t * t, keep),
        "the result is float32: compute in float64": lambda: loop(name, x, t, keep).astype(np.float32),
        "NaN: an infinite or undefined number takes part in the sum": np.full(x.shape, np.nan),
    }


def mistakes_of(name: str, case: Case) -> Mistakes:
    """What the usual mistakes give for `name`."""
    x, t, keep = case
    right = loop(name, x, t, keep)
    if name == "softmax":
        return {
            **shared_mistakes(name, case),
            "the logarithm of softmax": lambda: np.log(right),
            "the exponentials: divide them by their sum": lambda: np.exp(x / t) * keep,
        }
    largest = np.where(keep, x, -INF).max(axis=-1, keepdims=True)
    return {
        "the logarithm of a probability that underflows to 0: subtract log(sum(exp)) from the scores instead": lambda: (
            np.log(np.exp(right))
        ),
        "softmax itself: take its logarithm": lambda: np.exp(right),
        "masked entries are 0: the logarithm of probability 0 is -inf": np.where(keep, right, 0.0),
        "masked entries are left as large negative numbers: they are -inf": lambda: np.where(keep, right, -1e9),
        "the logarithm has base 2: the base is e": lambda: right / math.log(2),
        "the sign is turned: log-probabilities are at most 0": -right,
        "the sum of exponentials itself is taken off: take its logarithm": lambda: (
            x / t - np.where(keep, np.exp(x / t), 0).sum(axis=-1, keepdims=True)
        ),
        "the sum is of shifted scores, the score before it is not: take the largest off both": lambda: (
            right + largest / t
        ),
        **shared_mistakes(name, case),
    }


def ask(name: str, *args: object, **kwargs: object) -> Any:
    """Call the subject without its warnings: the check on what comes back says more than they do."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(kata, name)(*args, **kwargs)


def ask_naive(x: Float64Array, temperature: float, keep: npt.NDArray[np.bool_]) -> Float64Array:
    """Softmax where the division by the temperature comes before the largest score is taken off."""
    scaled = np.where(keep, x / temperature, -INF)
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def asking(name: str, *args: object, **kwargs: object) -> Callable[[], Any]:
    """The same as a function without arguments, for errors; a name that is missing fails here, and is called missing."""
    getattr(kata, name)
    return partial(ask, name, *args, **kwargs)


def check_case(
    name: str, case: Case, *, x: npt.ArrayLike | None = None, where: npt.ArrayLike | None = None, hint: str = ""
) -> None:
    """Hold the subject to the definition; `x` and `where` stand for those of the case in the call."""
    __tracebackhide__ = True
    x = case.x if x is None else x
    arguments = {"temperature": case.temperature, "where": case.keep if where is None else where}
    check.close(
        ask(name, x, **arguments),
        loop(name, *case),
        asked=call(name, x, **arguments),
        rtol=1e-10,
        atol=1e-300 if name == "softmax" else 1e-12,
        mistakes={} if hint else mistakes_of(name, case),
        hint=hint or "only entries that count take part: in the maximum, in the sum, and in the result",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_a_temperature() -> None:
    x = np.array([0.0, math.log(2.0)])
    case = Case(x, 0.5, np.ones(2, dtype=bool))
    check.close(
        ask("softmax", x, temperature=0.5),
        [0.2, 0.8],
        asked=call("softmax", x, temperature=0.5),
        mistakes=mistakes_of("softmax", case),
    )


@pytest.mark.example
def test_worked_example_of_a_mask() -> None:
    x, keep = [[1.0, 1.0, 900.0], [5.0, 2.0, 2.0]], [[True, True, False], [False, True, True]]
    check_case("softmax", Case(np.array(x), 1.0, np.array(keep)), x=x, where=keep)


@pytest.mark.example
def test_worked_example_of_log_softmax() -> None:
    x, keep = [0.0, -1000.0, 7.0], [True, True, False]
    check_case("log_softmax", Case(np.array(x), 1.0, np.array(keep)), x=x, where=keep)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_softmax_equals_the_definition_over_what_counts(case: Case) -> None:
    check_case("softmax", case)


@pytest.mark.law
@given(CASES)
def test_log_softmax_equals_the_definition_over_what_counts(case: Case) -> None:
    check_case("log_softmax", case)


@pytest.mark.law
@given(CASES, st.sampled_from([1e300, -1e300, INF, -INF, math.nan]))
def test_what_stands_under_the_mask_changes_nothing(case: Case, junk: float) -> None:
    x = np.where(case.keep, case.x, junk)
    for name in FUNCTIONS:
        check.close(
            ask(name, x, case.temperature, case.keep),
            loop(name, *case),
            asked=call(name, x, case.temperature, case.keep),
            rtol=1e-10,
            atol=1e-12,
            mistakes={"NaN: what is masked takes part, times 0 or in the maximum": np.full(x.shape, np.nan)},
            hint="put -inf in place of masked scores before anything is computed: before the maximum too",
        )


@pytest.mark.law
@given(seeds(), st.integers(5_000, 10_000), st.sampled_from([3e-3, 0.7, 700.0]))
def test_a_shift_of_all_scores_changes_nothing_at_any_temperature(seed: int, shift: int, temperature: float) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-4, 5, size=(2, 4)) / 1024  # such numbers, and their sums with whole ones, are exact in float64
    case = Case(x, temperature, np.array([True, True, True, False]) | np.zeros((2, 1), dtype=bool))
    moved = x + shift
    for name in FUNCTIONS:
        check.close(
            ask(name, moved, temperature, case.keep),
            loop(name, *case),
            asked=call(name, moved, temperature, case.keep),
            rtol=1e-10,
            atol=1e-13,
            mistakes={
                "divided by the temperature first, which costs digits: subtract the largest score, then divide": (
                    partial(loop, name, moved / temperature, 1.0, case.keep)
                )
            },
            hint="subtract the largest score that counts of each row first, then divide by the temperature",
        )


@pytest.mark.law
@given(CASES)
def test_softmax_is_the_exponential_of_log_softmax(case: Case) -> None:
    check.close(
        ask("softmax", *case),
        np.exp(ask("log_softmax", *case)),
        asked=call("softmax", *case) + " against exp of " + call("log_softmax", *case),
        rtol=1e-9,
        hint="the two must agree on mask and temperature",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_temperatures_near_0_give_the_arg_max_and_large_ones_equal_shares() -> None:
    x = np.array([[10_000.0, 9_999.0, 10_000.0, 20_000.0], [1.0, 3.0, 2.0, 5.0]])
    keep = np.array([True, True, True, False])
    limits = {1e-305: [[0.5, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0]], 1e305: [[1 / 3, 1 / 3, 1 / 3, 0.0]] * 2}
    for temperature, want in limits.items():
        check.close(
            ask("softmax", x, temperature, keep),
            want,
            asked=call("softmax", x, temperature, keep),
            mistakes={
                "divided by the temperature first, which overflows: subtract the largest score, then divide": (
                    lambda temperature=temperature: ask_naive(x, temperature, keep)
                ),
            },
            hint="subtract the largest score that counts of each row first, then divide by the temperature",
        )


@pytest.mark.edge
def test_log_softmax_is_exact_where_probabilities_underflow() -> None:
    for x, t in (([0.0, -1000.0, -1e4], 1.0), ([1e4, 1e4 - 800.0, -1e4], 0.5), ([[0.0, 3.0], [-1e4, 1e4]], 0.001)):
        scores = np.array(x)
        check_case("log_softmax", Case(scores, t, np.ones_like(scores, dtype=bool)))


@pytest.mark.edge
def test_mask_and_minus_infinity_work_together_and_the_mask_broadcasts() -> None:
    x = np.array([[[0.0, -INF, 2.0], [1.0, 1.0, 5.0]], [[-INF, 3.0, 3.5], [0.5, 0.25, -INF]]])
    column = np.array([True, True, False])
    masks = [
        column,
        column[None, :],
        np.ones((2, 1), dtype=bool),
        np.array(True),
        np.array([[True] * 3, [False, True, True]]),
    ]
    for mask in masks:
        for name in FUNCTIONS:
            case = Case(x, 2.0, np.broadcast_to(mask, x.shape))
            check.accepts(
                partial(ask, name, x, 2.0, mask),
                asked=call(name, x, 2.0, mask),
                because=f"a mask of shape {mask.shape} broadcasts to {x.shape}, and each row has an entry that counts",
            )
            check_case(name, case, where=mask)


@pytest.mark.edge
def test_a_row_in_which_nothing_counts_is_an_error() -> None:
    x = np.array([[1.0, 2.0], [-INF, 3.0]])
    zeros = np.zeros(2)
    cases: list[tuple[Any, Any]] = [
        ([[True, True], [False, False]], [loop("softmax", x[0], 1.0, np.array([True, True])), zeros]),
        ([True, False], [[1.0, 0.0], zeros]),
        ([False, False], [zeros, zeros]),
        ([[False], [True]], [zeros, [0.0, 1.0]]),
    ]
    for mask, blank in cases:
        for name in FUNCTIONS:
            check.raises(
                ValueError,
                asking(name, x, where=mask),
                asked=call(name, x, where=mask),
                because="a row has no entry that counts, by the mask or by -inf",
                mistakes={
                    "a row in which nothing counts gets zeros: raise": np.array(blank),
                    "a row in which nothing counts gets NaN: raise": np.where(
                        np.any(blank, axis=1)[:, None], blank, np.nan
                    ),
                },
                hint="look for such rows after mask and -inf have been put together; one row is enough",
            )


@pytest.mark.edge
def test_temperatures_that_are_not_finite_and_above_0_are_an_error() -> None:
    for name in FUNCTIONS:
        for temperature in (0.0, -1.0, math.nan, INF):
            check.raises(
                ValueError,
                asking(name, [1.0, 2.0], temperature=temperature),
                asked=call(name, [1.0, 2.0], temperature=temperature),
                because="a temperature is a finite number above 0",
                hint="NaN compares false with everything: ask for what is right, `0 < temperature < inf`",
            )


@pytest.mark.edge
def test_masks_that_are_not_boolean_or_do_not_fit_are_an_error() -> None:
    x = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    masks: list[tuple[Any, str]] = [
        ([1, 0, 1], "it holds integers"),
        ([0.0, -INF, 0.0], "it is an additive mask of floats"),
        ([True, False], "(2,) does not broadcast to (2, 3)"),
        ([[[True] * 3] * 2], "(1, 2, 3) has more axes than x, and x is not stretched"),
        ([[True] * 3] * 3, "(3, 3) does not broadcast to (2, 3)"),
    ]
    for mask, why in masks:
        for name in FUNCTIONS:
            check.raises(
                ValueError,
                asking(name, x, where=mask),
                asked=call(name, x, where=mask),
                because=f"the mask does not fit: {why}",
                hint="check dtype and shape: the mask is broadcast to the shape of x, never the other way round",
            )
    check.raises(
        ValueError,
        asking("softmax", x[:1], where=[[True] * 3] * 2),
        asked=call("softmax", x[:1], where=[[True] * 3] * 2),
        because="a mask of shape (2, 3) would stretch x of shape (1, 3)",
        hint="the mask is broadcast to the shape of x, never the other way round: np.broadcast_to(mask, x.shape)",
    )


@pytest.mark.edge
def test_log_softmax_needs_an_axis_and_none_that_is_empty() -> None:
    for shape in ((), (0,), (3, 0), (0, 3)):
        check.raises(
            ValueError,
            asking("log_softmax", np.ones(shape)),
            asked=f"log_softmax of an array of shape {shape}",
            because="there must be an axis, and none of length zero",
            hint="the same rules as for softmax",
        )


@pytest.mark.edge
def test_results_are_float64_and_computed_so() -> None:
    for dtype in (np.float32, np.uint8, np.int8):
        for name in FUNCTIONS:
            x = np.array([[100, 3, 1, 2], [2.7, 99, 97.3, 0]]).astype(dtype)
            case = Case(x.astype(np.float64), 3.0, np.array([[True, True, True, False]] * 2))
            asked = f"{call(name, x, temperature=3.0, where=case.keep)} as {np.dtype(dtype).name}"
            got = ask(name, x, temperature=3.0, where=case.keep)
            check.float_array(got, x.shape, asked=asked, hint="convert x to float64 first")
            hint = f"x is {np.dtype(dtype).name}: convert it to float64 before anything is computed"
            check_case(name, case, x=x, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    for name in FUNCTIONS:
        x, keep = np.array([[1.0, 2.0, 3.0], [4.0, 6.0, 5.0]]), np.array([[True, False, True], [True, True, False]])
        with check.untouched(asked=call(name, x, 2.0, keep), x=x, where=keep):
            ask(name, x, 2.0, keep)


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
@pytest.mark.parametrize("name", FUNCTIONS)
def test_mask_and_temperature_are_vectorised(name: str, race: Racer) -> None:
    rng = np.random.default_rng(0)
    x, keep = rng.normal(size=(200, 50)), rng.random((200, 50)) < 0.7
    race(
        lambda: getattr(kata, name)(x, 0.7, keep),
        lambda: loop(name, x, 0.7, keep),
        at_least=5,
        versus="the loop",
        asked=f"{name} of an array of shape (200, 50) with a mask and a temperature",
        hint="np.where puts -inf under the mask in one go; no loop over rows",
    )
