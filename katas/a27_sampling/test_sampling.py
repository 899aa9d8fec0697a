"""Suite of A27: the three knobs by their definition, in their order, and draws by enumeration. Nothing is random."""

from __future__ import annotations

import math
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import sampling as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Knobs = tuple[float, int | None, float | None]
"""temperature, top_k, top_p"""
Case = tuple[Float64Array, Knobs]


def softmax(z: Float64Array, temperature: float = 1.0) -> Float64Array:
    p = np.exp((z - z.max()) / temperature)
    return np.asarray(p / p.sum())


def kept(p: Float64Array, tokens: list[int]) -> Float64Array:
    """`p` with these tokens alone, renormalised."""
    only = np.zeros(len(p))
    only[tokens] = p[tokens]
    return np.asarray(only / only.sum())


def ranked(p: Float64Array, tie: int = 1) -> list[int]:
    """Tokens from the most likely down; of equal ones the lower index first, or with -1 the higher."""
    return sorted(range(len(p)), key=lambda i: (-p[i], tie * i))


def nucleus(p: Float64Array, top_p: float, *, crossing: bool = True, tie: int = 1) -> Float64Array:
    """The fewest tokens that reach `top_p`; without the one that crosses it on request."""
    tokens: list[int] = []
    mass = 0.0
    for i in ranked(p, tie):
        if mass >= top_p or (not crossing and tokens and mass + p[i] > top_p):
            break
        tokens.append(i)
        mass += p[i]
    return kept(p, tokens)


def define(z: Float64Array, knobs: Knobs, tie: int = 1) -> Float64Array:
    """The definition, step by step."""
    temperature, top_k, top_p = knobs
    if temperature == 0:
        return np.asarray(np.eye(len(z))[z.tolist().index(z.max())])
    p = softmax(z, temperature)
    if top_k is not None:
        p = kept(p, ranked(p, tie)[:top_k])
    return p if top_p is None or top_p == 1 else nucleus(p, top_p, tie=tie)


def make_case(seed: int) -> Case:
    """Logits of which some are equal or masked, and knobs; no running sum is near `top_p`."""
    rng = np.random.default_rng(seed)
    z = rng.integers(-8, 9, size=int(rng.integers(1, 9))) / 4
    z[rng.random(len(z)) < 0.1] = -np.inf
    z[rng.integers(len(z))] = 1.5
    temperature = float(rng.choice([0.0, 0.25, 0.5, 1.0, 1.0, 3.0]))
    top_k = None if rng.random() < 0.4 else int(rng.integers(1, len(z) + 2))
    p = define(z, (temperature or 1.0, top_k, None))
    sums = np.cumsum(p[ranked(p)])
    usable = [top for top in rng.random(9).tolist() if np.abs(sums - top).min() > 1e-6 and top > 0]
    return z, (temperature, top_k, None if rng.random() < 0.4 or not usable else usable[0])


CASES = st.builds(make_case, seeds())


def knob_mistakes(z: Float64Array, knobs: Knobs) -> Mistakes:
    """What the usual mistakes give for the probabilities."""
    temperature, top_k, top_p = knobs
    t, k, top = temperature or 1.0, top_k or len(z), 1.0 if top_p is None else top_p
    p = softmax(z, t)
    after_k = kept(p, ranked(p)[:k])
    best = int(np.argmax(z))
    overflow = "overflow, 0/0, or inf - inf: subtract the largest logit first, and masked tokens have probability 0"
    if temperature == 0:
        return {
            overflow: math.nan,
            "of equal largest logits the lowest index alone has 1": kept(p, np.flatnonzero(z == z.max()).tolist()),
            "with temperature 0 the largest logit alone is possible, with probability 1": p,
        }
    found: dict[str, object] = {
        overflow: math.nan,
        "equally likely tokens: the lower index counts as more likely": lambda: define(z, knobs, tie=-1),
        "top-p comes before top-k: top-k is first, and renormalises": lambda: kept(
            p, [i for i in ranked(p)[:k] if nucleus(p, top)[i]]
        ),
        "the token that crosses p was dropped: it stays": lambda: nucleus(after_k, top, crossing=False),
        "all tokens with a probability of at least p: the sum is to reach p": lambda: kept(
            after_k, [i for i in range(len(z)) if after_k[i] >= top] or [best]
        ),
        "tokens equal to the k-th are all kept: k tokens, the lower index first": lambda: kept(
            p, np.flatnonzero(p >= np.sort(p)[::-1][k - 1]).tolist()
        ),
        "k counts from 0: one token too many": lambda: kept(p, ranked(p)[: k + 1]),
        "top-k is not applied": lambda: nucleus(p, top),
        "top-p is not applied": after_k,
        "the logits are multiplied by the temperature: divide": lambda: define(z, (1 / t, top_k, top_p)),
        "the temperature is not applied": lambda: define(z, (1.0, top_k, top_p)),
        "the temperature divides the probabilities, not the logits": lambda: softmax(softmax(z) / t),
        "removed tokens have logit 0, not -inf: their probability is not 0": lambda: softmax(
            np.where(define(z, knobs) > 0, z / t, 0.0)
        ),
    }
    if temperature != 1:
        wrong = kept(p, np.flatnonzero(nucleus(softmax(z), top)).tolist())
        found["top-p comes before the temperature: the temperature is first"] = wrong
    if top_k is None:
        longer = ranked(p)[: int((nucleus(p, top) > 0).sum()) + 1]
        found["one token more than needed is kept: stop where the sum is at least p"] = kept(p, longer)
    for name, value in (("top-k", p * (after_k > 0)), ("top-p", after_k * (nucleus(after_k, top) > 0))):
        found[f"not renormalised after {name}"] = value
    return found


def arguments_of(knobs: Knobs) -> dict[str, Any]:
    """Knobs by name; those that have their default are left out."""
    named = zip(("temperature", "top_k", "top_p"), knobs, (1.0, None, None), strict=True)
    return {name: value for name, value, default in named if value != default}


def check_probabilities(logits: npt.ArrayLike, knobs: Knobs, *, hint: str = "") -> None:
    """Hold the probabilities to the definition."""
    __tracebackhide__ = True
    z, named = np.asarray(logits, dtype=np.float64), arguments_of(knobs)
    asked = call("next_token_probabilities", logits, **named)
    got = kata.next_token_probabilities(deepcopy(logits), **named)
    mistakes = {} if hint else knob_mistakes(z, knobs)
    check.close(got, define(z, knobs), asked=asked, atol=0.0, mistakes=mistakes, hint=hint)
    check.float_array(got, z.shape, asked=asked)


def check_draws(logits: Float64Array, knobs: Knobs) -> None:
    """Hold `sample` to draw each token for its share of the uniforms, in the order of the indices."""
    __tracebackhide__ = True
    p, temperature = define(logits, knobs), knobs[0]
    sums = np.cumsum(p)
    uniforms = [u for u in np.linspace(0.0005, 0.9995, 41).tolist() if np.abs(sums - u).min() > 1e-9]
    got = each(kata.sample, [(logits.copy(), u, *knobs) for u in uniforms])
    order = ranked(p)
    for u, index in zip(uniforms, got, strict=True):
        want = int(np.argmax(sums > u))
        mistakes = {
            "the running sum is over the tokens from the most likely down: it is in the order of indices": order[
                int(np.argmax(np.cumsum(p[order]) > u))
            ],
            "the most likely token: draw by uniform": int(np.argmax(p)),
            "1 - uniform was used": int(np.argmax(sums > 1 - u)),
            "drawn from the softmax: the knobs are not applied": int(np.argmax(np.cumsum(softmax(logits)) > u)),
            "top_k and top_p are not applied": int(np.argmax(np.cumsum(define(logits, (temperature, None, None))) > u)),
        }
        check.equal(index, want, asked=call("sample", logits, u, **arguments_of(knobs)), mistakes=mistakes)


LOGITS, TIED = np.log([0.1, 0.4, 0.2, 0.3]), np.array([0.0, 1.0, 1.0, 0.0, 1.0])

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("knobs", [(1.0, 3, None), (1.0, None, 0.6), (0.5, None, None), (1.0, 1, None)], ids=str)
def test_worked_examples(knobs: Knobs) -> None:
    check_probabilities(LOGITS, knobs)


@pytest.mark.example
@pytest.mark.parametrize("knobs", [(0.5, None, 0.5), (1.0, 2, 0.5), (2.0, 3, 0.7), (0.0, 3, 0.9)], ids=str)
def test_the_knobs_act_in_their_order(knobs: Knobs) -> None:
    check_probabilities(LOGITS, knobs)


@pytest.mark.example
@pytest.mark.parametrize("knobs", [(1.0, 2, None), (1.0, None, 0.3), (0.0, None, None), (0.5, 4, 0.5)], ids=str)
def test_of_equally_likely_tokens_the_lower_index_counts_as_more_likely(knobs: Knobs) -> None:
    check_probabilities(TIED, knobs)


@pytest.mark.example
def test_worked_example_of_draws() -> None:
    for logits, u, want in ((LOGITS, 0.12, 1), (LOGITS, 0.55, 2), ([0.0, 0.0], 0.5, 1)):
        hint = "the first index whose running sum is above uniform"
        check.equal(kata.sample(deepcopy(logits), u), want, asked=call("sample", logits, u), hint=hint)
    check_draws(LOGITS, (1.0, None, None))
    check_draws(LOGITS, (1.0, 3, None))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_probabilities_equal_the_definition(case: Case) -> None:
    check_probabilities(*case)


@pytest.mark.law
@given(CASES)
def test_each_token_is_drawn_for_its_share_of_the_uniforms(case: Case) -> None:
    check_draws(*case)


@pytest.mark.law
def test_a_vocabulary_of_hundreds_equals_the_definition() -> None:
    z = np.round(np.random.default_rng(27).normal(size=500) * 2, 1)  # many are equal
    for knobs in ((1.0, 50, 0.9), (0.7, None, 0.95), (1.3, 400, None)):
        check_probabilities(z, knobs)
    check_draws(z, (1.0, 50, 0.9))


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("knobs", [(1.0, None, None), (1.0, 9, None), (1.0, None, 1.0), (1.0, 4, 1.0)], ids=str)
def test_knobs_that_leave_all_tokens(knobs: Knobs) -> None:
    check_probabilities([-40.0, -50.0, -60.0, 2.0], knobs, hint="all tokens are left, also those of 1e-27")


@pytest.mark.edge
@pytest.mark.parametrize("top_p", [0.25, 0.5, 0.75])
def test_a_sum_of_exactly_p_reaches_it(top_p: float) -> None:
    check_probabilities([3, 3, 3, 3], (1.0, None, top_p))


@pytest.mark.edge
def test_small_temperatures_and_small_differences_count() -> None:
    check_probabilities([3e-6, 1e-6, 2e-6], (1e-6, 2, None), hint="only a temperature of exactly 0 is a special case")
    check_probabilities([0.5, 0.5 + 1e-9], (1.0, 1, None), hint="sort in float64, without rounding")


@pytest.mark.edge
@pytest.mark.parametrize("knobs", [(1.0, None, None), (0.01, 2, None), (1.0, 3, 0.9), (0.0, None, None)], ids=str)
def test_large_and_masked_logits_neither_overflow_nor_become_nan(knobs: Knobs) -> None:
    hint = "subtract the largest logit, and convert to float64 first"
    check_probabilities(np.array([1e4, -1e4, 1e4 - 1, -np.inf], dtype=np.float32), knobs, hint=hint)
    check_probabilities([-1e4, -np.inf, -1e4 - 1], knobs, hint=hint)
    check_probabilities(np.array([250, 3, 255, 0], dtype=np.uint8), knobs, hint=hint)


@pytest.mark.edge
def test_no_uniform_gives_a_token_of_probability_0() -> None:
    last = math.nextafter(1.0, 0.0)
    for n in (3, 10, 49, 1000):
        z = np.concatenate([[-np.inf] * 2, np.zeros(n), [-np.inf] * 2])
        for u, want in ((0.0, 2), (last, n + 1)):
            mistakes = {"no such token": len(z), "that token has probability 0": 0 if u == 0 else len(z) - 1}
            check.equal(kata.sample(z.copy(), u), want, asked=call("sample", z, u), mistakes=mistakes)


BAD: dict[str, tuple[Any, dict[str, Any]]] = {
    "logits have two axes": (LOGITS[None], {}),
    "there are no tokens": ([], {}),
    "all tokens are masked": ([-np.inf, -np.inf], {}),
    "the temperature is negative": (LOGITS, {"temperature": -0.5}),
    "top_k is 0": (LOGITS, {"top_k": 0}),
    "top_k is not a whole number": (LOGITS, {"top_k": 1.5}),
    "top_p is 0": (LOGITS, {"top_p": 0.0}),
    "top_p is above 1": (LOGITS, {"top_p": 1.5}),
    "top_p is out of range, though the temperature is 0": (LOGITS, {"temperature": 0.0, "top_p": -0.5}),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_wrong_logits_and_knobs_out_of_range_are_an_error(why: str) -> None:
    logits, named = BAD[why]
    for name, first in (("next_token_probabilities", (logits,)), ("sample", (logits, 0.5))):
        ask, asked = partial(getattr(kata, name), *deepcopy(first), **named), call(name, *first, **named)
        check.raises(ValueError, ask, asked=asked, because=why, hint="check logits and knobs before you compute")


@pytest.mark.edge
@pytest.mark.parametrize("uniform", [-0.1, 1.0, 1.5])
def test_a_uniform_outside_of_0_to_1_is_an_error(uniform: float) -> None:
    asked, because = call("sample", LOGITS, uniform), "uniform must be in [0, 1)"
    check.raises(ValueError, lambda: kata.sample(LOGITS.copy(), uniform), asked=asked, because=because)


@pytest.mark.edge
def test_the_argument_stays_as_it_was() -> None:
    z = LOGITS.copy()
    with check.untouched(asked=call("sample", LOGITS, 0.5, temperature=0.5, top_k=2, top_p=0.5), logits=z):
        kata.sample(z, 0.5, 0.5, 2, 0.5)
        kata.next_token_probabilities(z, 0.5, 2, 0.5)
