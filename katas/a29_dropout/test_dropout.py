"""Suite of A29: each entry by its own uniform, the expectation by enumeration, the gradient by differences."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any

import dropout as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Case = tuple[Float64Array, float, Float64Array]
"""x, the rate, and uniforms."""


def make_case(seed: int) -> Case:
    """Entries of which some are 0, any shape, and uniforms of which some are 0 or equal the rate."""
    rng = np.random.default_rng(seed)
    shape = tuple(int(rng.integers(1, 5)) for _ in range(rng.integers(1, 4)))
    x, uniforms = rng.integers(-24, 25, size=shape) / 8 * rng.integers(2, size=shape), rng.integers(20, size=shape) / 20
    return np.asarray(x), float(rng.choice([0.0, 0.1, 0.25, 0.5, 0.8])), np.asarray(uniforms)


CASES = st.builds(make_case, seeds())


def loop_factors(uniforms: Float64Array, rate: float) -> Float64Array:
    """What each entry is multiplied by."""
    factors = [0.0 if u < rate else 1 / (1 - rate) for u in uniforms.ravel().tolist()]
    return np.array(factors).reshape(uniforms.shape)


def scaling_mistakes(values: Float64Array, kept: npt.NDArray[np.bool_], rate: float) -> Mistakes:
    """What the usual mistakes give for kept `values`, forward or backward."""
    keep = 1 - rate
    dropped = ~kept
    return {
        "not scaled: what is kept is divided by 1 - rate": values * kept,
        "divided by the rate: what is kept is divided by 1 - rate": lambda: values * kept / rate,
        "multiplied by 1 - rate: divide, so that the expectation stays": values * kept * keep,
        "scaled twice": values * kept / keep**2,
        "scaled by the share that was really kept: it is 1 - rate": lambda: values * kept / kept.mean(),
        "the dropped entries are kept, and the kept ones dropped": values * dropped / keep,
        "rate is taken for the chance to be kept, and so is the scale": lambda: values * dropped / rate,
        "nothing is dropped": values,
        "nothing is dropped, but all is scaled": values / keep,
        "scaled as in the dropout that is not inverted: in use nothing is left to do": values * keep,
    }


def forward_mistakes(x: Float64Array, rate: float, uniforms: Float64Array) -> Mistakes:
    """What the usual mistakes give for the output of training."""
    rows = uniforms.reshape(uniforms.shape[0], -1)[:, :1] if uniforms.ndim > 1 else uniforms
    per_row = rows.reshape(-1, *[1] * (uniforms.ndim - 1)) if uniforms.ndim > 1 else rows
    return {
        **scaling_mistakes(x, uniforms >= rate, rate),
        "a uniform that equals the rate is kept": x * (uniforms > rate) / (1 - rate),
        "whole rows are dropped by their first uniform: each entry has its own": lambda: (
            x * (per_row >= rate) / (1 - rate)
        ),
    }


def check_forward(x: npt.ArrayLike, rate: float, uniforms: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold output and mask of training to the definition."""
    __tracebackhide__ = True
    values, draws = np.asarray(x, dtype=np.float64), np.asarray(uniforms, dtype=np.float64)
    asked, result = call("dropout", x, rate, uniforms), kata.dropout(*deepcopy((x, rate, uniforms)))
    check.true(len(result) == 2, asked=asked, came=f"{len(result)} values", expected="2: out and mask")
    out, mask = result
    mistakes = forward_mistakes(values, rate, draws)
    hint = hint or "0 where the uniform is below the rate, else x / (1 - rate); draw no numbers of your own"
    check.close(out, values * loop_factors(draws, rate), asked="out of " + asked, mistakes=mistakes, hint=hint)
    check.float_array(out, values.shape, asked="out of " + asked)
    kept = draws >= rate
    wrong = {
        "True means dropped: it is True where an entry is kept": ~kept,
        "the mask is where out is not 0: an entry of 0 can be kept": kept & (values != 0),
        "the mask has the scale in it: it is bool": loop_factors(draws, rate),
        "the mask is numbers: it is bool": kept.astype(np.float64),
        "the mask is whole numbers: it is bool": kept.astype(int),
    }
    check.equal(mask, kept, asked="mask of " + asked, mistakes=wrong, hint="a bool array in the shape of x")


X, U = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[0.1, 0.25, 0.6, 0.9]])
MASK, DOUT = U >= 0.25, np.array([[1.0, 1.0, 0.5, -1.0]])
BATCH = np.arange(1.0, 25.0).reshape(2, 3, 4), 0.4, np.linspace(0.0, 0.99, 24).reshape(4, 3, 2).T

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_examples_of_training() -> None:
    check_forward(X, 0.25, U)
    check_forward(*BATCH)
    check_forward([[0.0, 0.0, -2.0, 0.0]], 0.25, U)
    check_forward(X, 0.0, [[0.0, 0.1, 0.5, 0.99]], hint="at rate 0 nothing is dropped, not even where the uniform is 0")


@pytest.mark.example
def test_worked_example_of_use() -> None:
    for rate in (0.25, 0.0, 0.9):
        out, mask = kata.dropout(X.copy(), rate, U.copy(), training=False)
        asked, mistakes = call("dropout", X, rate, U, training=False), forward_mistakes(X, rate, U)
        check.close(out, X, asked="out of " + asked, mistakes=mistakes, hint="in use x stays as it is")
        check.equal(mask, np.ones(X.shape, dtype=bool), asked="mask of " + asked, hint="all entries are kept")
    check.close(kata.dropout(X.copy(), 0.25, U.copy(), False)[0], X, asked=call("dropout", X, 0.25, U, False))


@pytest.mark.example
def test_worked_example_of_the_gradient() -> None:
    asked, want = call("dropout_backward", DOUT, MASK, 0.25), [[0.0, 4 / 3, 2 / 3, -4 / 3]]
    got = kata.dropout_backward(DOUT.copy(), MASK.copy(), 0.25)
    check.close(got, want, asked=asked, mistakes=scaling_mistakes(DOUT, MASK, 0.25))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_output_and_mask_equal_the_definition(case: Case) -> None:
    check_forward(*case)


@pytest.mark.law
@given(CASES)
def test_the_gradient_equals_the_definition_and_the_slope_of_the_output(case: Case) -> None:
    x, rate, uniforms = case
    mask, dout = uniforms >= rate, np.asarray(np.cos(x))
    got, asked = kata.dropout_backward(dout.copy(), mask.copy(), rate), call("dropout_backward", dout, mask, rate)
    mistakes = scaling_mistakes(dout, mask, rate)
    check.close(got, dout * loop_factors(uniforms, rate), asked=asked, mistakes=mistakes)
    check.float_array(got, x.shape, asked=asked)

    def losses(points: list[Float64Array]) -> list[float]:
        return [float(np.sum(dout * out)) for out, _ in each(kata.dropout, [(p, rate, uniforms) for p in points])]

    check.gradient(got, losses, x, asked=asked, name="x", mistakes=mistakes)


@pytest.mark.law
@pytest.mark.parametrize(("rate", "n"), [(0.25, 8), (0.5, 10), (0.9, 20)])
def test_over_all_uniforms_the_mean_of_the_output_is_the_input(rate: float, n: int) -> None:
    x, grid = np.array([2.0, -3.0, 0.5]), (np.arange(n) + 0.5) / n
    outs = each(kata.dropout, [(x.copy(), rate, np.full(3, u)) for u in grid.tolist()])
    asked = f"the mean of dropout({check.show(x)}, {rate}, u) over {n} uniforms u, evenly from 0 to 1"
    hint = "a share of 1 - rate is kept, so what is kept must grow by 1 / (1 - rate)"
    check.close(np.mean([np.asarray(out) for out, _ in outs], axis=0), x, asked=asked, hint=hint)


@pytest.mark.law
def test_a_batch_of_many_rows_equals_the_definition() -> None:
    rng = np.random.default_rng(29)
    check_forward(rng.normal(size=(200, 30)), 0.1, rng.random((200, 30)))


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.uint8])
def test_is_computed_in_float64_also_from_lists(dtype: npt.DTypeLike) -> None:
    x = np.array([[100, 27, 9, 3]]).astype(dtype)
    check_forward(x, 0.7, U, hint="convert to float64 first")
    check_forward(x.tolist(), 0.7, U.tolist())
    check_forward(X, 0.3, [[np.nextafter(0.3, 0.0), 0.3, 0.9, 0.1]], hint="compare uniforms as float64")
    out, asked = kata.dropout(x.copy(), 0.7, U.copy(), training=False)[0], call("dropout", x, 0.7, U, training=False)
    check.float_array(out, x.shape, asked="out of " + asked, hint="out is float64 in use, too")
    check.close(out, x, asked="out of " + asked)
    asked = call("dropout_backward", x, MASK.tolist(), 0.7)
    got = kata.dropout_backward(x.copy(), MASK.tolist(), 0.7)
    check.close(got, x.astype(np.float64) * MASK / 0.3, asked=asked, hint="convert to float64 first")


BAD: dict[str, tuple[str, tuple[Any, ...]]] = {
    "the rate is 1": ("dropout", (X, 1.0, U)),
    "the rate is negative": ("dropout", (X, -0.1, U)),
    "the rate is 1, in use": ("dropout", (X, 1.0, U, False)),
    "there are no entries": ("dropout", (np.zeros((2, 0)), 0.5, np.zeros((2, 0)))),
    "uniforms are one row for two, which would broadcast": ("dropout", (np.ones((2, 4)), 0.5, U)),
    "uniforms are one number": ("dropout", (X, 0.5, 0.3)),
    "uniforms have another shape, in use": ("dropout", (X, 0.5, U[0], False)),
    "the rate of the backward pass is 1": ("dropout_backward", (DOUT, MASK, 1.0)),
    "the rate of the backward pass is negative": ("dropout_backward", (DOUT, MASK, -0.5)),
    "the mask has one axis less, and would broadcast": ("dropout_backward", (DOUT, MASK[0], 0.5)),
    "dout has no entries": ("dropout_backward", (np.zeros(0), np.zeros(0, dtype=bool), 0.5)),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_rates_out_of_range_and_shapes_that_differ_are_an_error(why: str) -> None:
    name, arguments = BAD[why]
    ask, hint = partial(getattr(kata, name), *deepcopy(arguments)), "check rate and shapes first"
    check.raises(ValueError, ask, asked=call(name, *arguments), because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_nothing_is_drawn() -> None:
    x, uniforms, dout, mask = X.copy(), U.copy(), DOUT.copy(), MASK.copy()
    with check.untouched(asked="dropout and dropout_backward", x=x, uniforms=uniforms, dout=dout, mask=mask):
        outs = [kata.dropout(x, 0.25, uniforms)[0] for _ in range(2)]
        kata.dropout(x, 0.25, uniforms, training=False)
        kata.dropout_backward(dout, mask, 0.25)
    check.equal(
        outs[1], outs[0], asked="a second " + call("dropout", X, 0.25, U), hint="draw nothing: uniforms are handed in"
    )
