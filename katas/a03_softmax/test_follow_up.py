"""Follow-up of A03: softmax with a mask and a temperature, and its logarithm."""

from __future__ import annotations

import math
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
from harness.suite.strategies import Float64Array, seeds

INF = float("inf")
both = pytest.mark.parametrize("name", ["softmax", "log_softmax"])


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
    return Case(rng.integers(-40, 41, size=shape) / 8, float(rng.choice([0.25, 0.5, 2.0, 5.0])), keep)


CASES = st.builds(make_case, seeds())


def mistakes(name: str, case: Case) -> Mistakes:
    """What the usual mistakes give for `name`."""
    x, t, keep = case
    right, every = loop(name, *case), np.ones_like(keep)
    logarithm = name == "log_softmax"

    def out(probabilities: Float64Array) -> Float64Array:
        return np.log(probabilities) if logarithm else probabilities

    return {
        "the temperature is left out: divide the scores by it": lambda: loop(name, x, 1.0, keep),
        "multiplied by the temperature: divide by it": lambda: loop(name, x, 1 / t, keep),
        "the mask is left out": lambda: loop(name, x, t, every),
        "the mask is turned round: True counts, False is masked": lambda: loop(name, x, t, ~keep),
        "masked after the division: sum over the entries that count only": lambda: out(
            loop("softmax", x, t, every) * keep
        ),
        "masked scores are set to 0, which still counts e^0": lambda: loop(name, x * keep, t, every),
        "the logarithm of a probability that underflows: subtract log(sum(exp)) from the scores": lambda: (
            np.log(np.exp(right)) if logarithm else right
        ),
        "masked entries are 0: the logarithm of probability 0 is -inf": np.where(keep, right, 0.0),
        "the sum is of shifted scores, the score before it is not: take the largest off both": lambda: (
            right + np.where(keep, x, -INF).max(axis=-1, keepdims=True) / t
        ),
        "NaN: what is masked takes part, times 0 or in the maximum": np.full(x.shape, np.nan),
    }


def check_case(name: str, case: Case, *, x: npt.ArrayLike | None = None, where: Any = None) -> None:
    """Hold the subject to the definition; `x` and `where` stand for those of the case in the call."""
    __tracebackhide__ = True
    x, where = case.x if x is None else x, case.keep if where is None else where
    asked = call(name, x, temperature=case.temperature, where=where)
    function = getattr(kata, name)
    check.close(
        check.accepts(
            partial(function, x, temperature=case.temperature, where=where),
            asked=asked,
            because="each row has an entry that counts",
        ),
        loop(name, *case),
        asked=asked,
        mistakes=mistakes(name, case),
        hint="put -inf in place of masked scores before anything is computed: before the maximum too",
    )


@pytest.mark.example
def test_worked_example_of_a_temperature() -> None:
    check_case("softmax", Case(np.array([0.0, math.log(2.0)]), 0.5, np.ones(2, dtype=bool)))


@pytest.mark.example
def test_worked_example_of_a_mask() -> None:
    x, keep = [[1.0, 1.0, 900.0], [5.0, 2.0, 2.0]], [[True, True, False], [False, True, True]]
    check_case("softmax", Case(np.array(x), 1.0, np.array(keep)), x=x, where=keep)


@pytest.mark.example
def test_worked_example_of_log_softmax() -> None:
    x, keep = [0.0, -1000.0, 7.0], [True, True, False]
    check_case("log_softmax", Case(np.array(x), 1.0, np.array(keep)), x=x, where=keep)


@pytest.mark.law
@both
@given(case=CASES)
def test_equals_the_definition_over_the_entries_that_count(name: str, case: Case) -> None:
    check_case(name, case)


@pytest.mark.law
@both
@given(case=CASES, junk=st.sampled_from([1e300, INF, -INF, math.nan]))
def test_what_stands_under_the_mask_changes_nothing(name: str, case: Case, junk: float) -> None:
    check_case(name, case, x=np.where(case.keep, case.x, junk))


@pytest.mark.edge
@both
def test_large_scores_neither_overflow_nor_vanish(name: str) -> None:
    x = np.array([[1e4, 1e4 - 1.0, 0.0], [-1e4, -1e4 - 2.0, 0.0]])
    check_case(name, Case(x, 2.0, np.array([[True, True, True], [True, True, False]])))


@pytest.mark.edge
@both
@pytest.mark.parametrize("mask", [np.array([True, True, False]), np.ones((2, 1), dtype=bool)])
def test_the_mask_broadcasts_and_minus_infinity_masks_beside_it(name: str, mask: npt.NDArray[np.bool_]) -> None:
    x = np.array([[[0.0, -INF, 2.0], [1.0, 1.0, 5.0]], [[-INF, 3.0, 3.5], [0.5, 0.25, -INF]]])
    check_case(name, Case(x, 2.0, np.broadcast_to(mask, x.shape)), where=mask)


@pytest.mark.edge
@both
@pytest.mark.parametrize("mask", [[[True, True], [False, False]], [True, False], [[False], [True]]])
def test_a_row_in_which_nothing_counts_is_an_error(name: str, mask: Any) -> None:
    x = np.array([[1.0, 2.0], [-INF, 3.0]])
    check.raises(
        ValueError,
        partial(getattr(kata, name), x, where=mask),
        asked=call(name, x, where=mask),
        because="a row has no entry that counts, by the mask or by -inf",
        hint="look for such rows after mask and -inf have been put together; one row is enough",
    )


@pytest.mark.edge
@both
@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_temperatures_that_are_not_above_0_are_an_error(name: str, temperature: float) -> None:
    check.raises(
        ValueError,
        partial(getattr(kata, name), [1.0, 2.0], temperature=temperature),
        asked=call(name, [1.0, 2.0], temperature=temperature),
        because="a temperature is above 0",
        hint="check the temperature before you divide by it",
    )


@pytest.mark.edge
@both
def test_arguments_stay_as_they_were(name: str) -> None:
    x, keep = np.array([[1.0, 2.0, 3.0], [4.0, 6.0, 5.0]]), np.array([[True, False, True], [True, True, False]])
    with check.untouched(asked=call(name, x, 2.0, keep), x=x, where=keep):
        getattr(kata, name)(x, 2.0, keep)
