"""Suite of B27: which head and which keys, by a loop over queries; the ends of the range; decoding equals the whole."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import grouped_query_attention as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Inputs = tuple[Float64Array, Float64Array, Float64Array]
Options = tuple[bool, int | None]
"""causal, window"""


def make_inputs(seed: int, *, decoding: bool = False) -> Inputs:
    """Any numbers of heads, queries and keys that fit together."""
    rng = np.random.default_rng(seed)
    b, g, share, d, d_v = (int(rng.integers(1, most)) for most in (3, 4, 4, 4, 4))
    m = int(rng.integers(1, 7))
    n = 1 if decoding else int(rng.integers(1, m + 1))
    shapes = (b, g * share, n, d), (b, g, m, d), (b, g, m, d_v)
    q, k, v = (rng.integers(-12, 13, size=shape) / 4 for shape in shapes)
    return q, k, v


def loop_attention(
    inputs: Inputs,
    options: Options = (False, None),
    *,
    head: Any = lambda h, heads, groups: h // (heads // groups),
    position: Any = lambda i, n, m: m - n + i,
    sees: Any = None,
    scale: Any = lambda d, _: math.sqrt(d),
) -> Float64Array:
    """The definition, query by query; the parts can be exchanged for mistakes."""
    q, k, v = inputs
    causal, window = options
    (b, heads, n, d), (_, groups, m, _), d_v = q.shape, k.shape, v.shape[3]

    def allowed(p: int, j: int) -> bool:
        return (not causal or j <= p) and (window is None or abs(p - j) < window)

    out = np.zeros((b, heads, n, d_v))
    for sample, h, i in np.ndindex(b, heads, n):
        group, p = head(h, heads, groups), position(i, n, m)
        keys = [j for j in range(m) if (sees or allowed)(p, j)]
        scores = [float(q[sample, h, i] @ k[sample, group, j]) / scale(d, d_v) for j in keys]
        weights = [math.exp(score - max(scores)) for score in scores]
        parts = [weight / sum(weights) * v[sample, group, j] for weight, j in zip(weights, keys, strict=True)]
        out[sample, h, i] = np.sum(parts, axis=0) if parts else np.nan
    return out


def masked_late(inputs: Inputs, options: Options) -> Float64Array:
    """What comes out when weights are masked, and not scores."""
    q, k, v = inputs
    share, gaps = (
        q.shape[1] // k.shape[1],
        np.arange(k.shape[2] - q.shape[2], k.shape[2])[:, None] - np.arange(k.shape[2]),
    )
    scores = np.einsum("bhnd,bhmd->bhnm", q, np.repeat(k, share, axis=1)) / math.sqrt(q.shape[3])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights *= ((gaps >= 0) | (not options[0])) / weights.sum(axis=-1, keepdims=True)
    return np.asarray(weights @ np.repeat(v, share, axis=1))


def mistakes_for(inputs: Inputs, options: Options) -> Mistakes:
    """What the usual mistakes give."""
    causal, window = options
    w = window or 0

    def wrong(**parts: Any) -> Any:
        return lambda: loop_attention(inputs, options, **parts)

    def windowed(low: int, high: int) -> Any:
        """Keys from p - low to p + high, as far as causal allows."""
        return wrong(sees=lambda p, j: p - low <= j <= (p if causal else p + high)) if window else None

    def softmax_over_queries() -> Float64Array:
        q, k, v = inputs
        scores = np.einsum("bhnd,bhmd->bhnm", q, np.repeat(k, q.shape[1] // k.shape[1], axis=1)) / math.sqrt(q.shape[3])
        p = np.exp(scores - scores.max(axis=2, keepdims=True))
        return np.asarray((p / p.sum(axis=2, keepdims=True)) @ np.repeat(v, q.shape[1] // k.shape[1], axis=1))

    return {
        "exp overflowed, or a row has only masked keys: subtract each row's largest score": math.nan,
        "key heads in turn, 0, 1, 0, 1 (np.tile): neighbours share one (np.repeat)": wrong(head=lambda h, _, g: h % g),
        "every query head attends with key head 0": wrong(head=lambda *_: 0),
        "the key heads are in the wrong order": wrong(head=lambda h, heads, g: g - 1 - h // (heads // g)),
        "queries are counted from position 0: they are the last n of the m positions": wrong(position=lambda i, *_: i),
        "the position of a query is one too high": wrong(position=lambda i, n, m: m - n + i + 1),
        "the position of a query is one too low": wrong(position=lambda i, n, m: m - n + i - 1),
        "causal leaves out the query's own key": wrong(sees=lambda p, j: j < p and (not window or p - j < w))
        if causal
        else lambda: None,
        "causal is turned round: it sees the future": wrong(sees=lambda p, j: j >= p) if causal else None,
        "the window is not applied": lambda: loop_attention(inputs, (causal, None)),
        "the window is one too wide: w keys, the query's own among them": windowed(w, w),
        "the window is one too narrow: w keys, the query's own among them": windowed(w - 2, w - 2),
        "the window reaches back only, though it is not causal": windowed(w - 1, 0),
        "without causal the window reaches ahead to the end: w - 1 keys to each side": windowed(w - 1, 99),
        "masked after the softmax: the weights that are left do not sum to 1": lambda: masked_late(inputs, options),
        "the window is split, half to each side: w - 1 keys on each": windowed(w // 2, w // 2),
        "future keys inside of the window are seen": lambda: (
            loop_attention(inputs, (False, window)) if causal and window else None
        ),
        "one of causal and window is enough: both must hold": wrong(sees=lambda p, j: j <= p or abs(p - j) < w),
        "not divided by √d": wrong(scale=lambda *_: 1.0),
        "divided by d, not by √d": wrong(scale=lambda d, _: d),
        "divided by √(d_v): it is the width of queries and keys": wrong(scale=lambda _, d_v: math.sqrt(d_v)),
        "divided by the root of the number of heads": wrong(scale=lambda *_: math.sqrt(inputs[0].shape[1])),
        "softmax over the queries: over the keys": softmax_over_queries,
    }


def check_attention(q: npt.ArrayLike, k: npt.ArrayLike, v: npt.ArrayLike, options: Options, *, hint: str = "") -> None:
    """Hold the output to the definition."""
    __tracebackhide__ = True
    named: dict[str, Any] = {name: value for name, value in zip(("causal", "window"), options, strict=True) if value}
    asked = call("grouped_query_attention", q, k, v, **named)
    got = kata.grouped_query_attention(*deepcopy((q, k, v)), **named)
    a, b, c = (np.asarray(array, dtype=np.float64) for array in (q, k, v))
    want = loop_attention((a, b, c), options)
    check.close(got, want, asked=asked, atol=1e-11, mistakes=mistakes_for((a, b, c), options), hint=hint)
    check.float_array(got, want.shape, asked=asked)


HEADS: Inputs = (
    np.array([1.0, 0.0, 0.0, 2.0]).reshape(1, 4, 1, 1),
    np.array([1.0, 0.0, 0.0, 1.0]).reshape(1, 2, 2, 1),
    np.array([1.0, 0.0, 10.0, 20.0]).reshape(1, 2, 2, 1),
)
STEPS = np.arange(5.0).reshape(1, 1, 5, 1)
WIDE: Inputs = tuple(
    np.random.default_rng(7).integers(-8, 9, size=(2, h, 4, d)) / 4 for h, d in ((4, 3), (2, 3), (2, 2))
)  # type: ignore[assignment]
OPTIONS: list[Options] = [
    (False, None),
    (True, None),
    (False, 1),
    (False, 2),
    (True, 1),
    (True, 2),
    (True, 3),
    (False, 9),
    (True, 9),
]

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_heads_that_share() -> None:
    check_attention(*HEADS, (False, None))


@pytest.mark.example
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_worked_example_of_positions(options: Options) -> None:
    check_attention(0 * STEPS, STEPS, STEPS, options)
    check_attention(*WIDE, options)


@pytest.mark.example
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_queries_are_the_last_positions(options: Options) -> None:
    for n in (1, 2):
        check_attention(0 * STEPS[:, :, :n], STEPS, STEPS, options, hint="query i is at position m - n + i")


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(seeds(), st.booleans(), st.sampled_from([None, 1, 2, 3, 5]))
def test_equals_the_definition(seed: int, causal: bool, window: int | None) -> None:
    check_attention(*make_inputs(seed), (causal, window))


@pytest.mark.law
@given(seeds(), st.sampled_from([None, 2, 3]))
def test_decoding_token_by_token_equals_the_whole(seed: int, window: int | None) -> None:
    _, k, v = make_inputs(seed)
    m = k.shape[2]
    q = np.random.default_rng(seed + 1).normal(size=(k.shape[0], 2 * k.shape[1], m, k.shape[3]))
    whole = np.asarray(kata.grouped_query_attention(q, k, v, causal=True, window=window))
    asked = (
        f"queries one by one, each with the keys so far, beside all at once: {call('grouped_query_attention', q, k, v)}"
    )
    hint = "a single query is at the last position"
    for p in range(m):
        step = kata.grouped_query_attention(
            q[:, :, p : p + 1], k[:, :, : p + 1], v[:, :, : p + 1], causal=True, window=window
        )
        check.close(
            step,
            whole[:, :, p : p + 1],
            asked=f"position {p} of {asked}",
            atol=1e-11,
            hint=hint,
        )


@pytest.mark.law
@given(seeds(), st.booleans(), st.sampled_from([None, 1, 2]))
def test_keys_that_are_not_attended_to_make_no_difference(seed: int, causal: bool, window: int | None) -> None:
    q, k, v = make_inputs(seed)
    n, m = q.shape[2], k.shape[2]
    unseen = [
        j
        for j in range(m)
        if all((causal and j > p) or (window is not None and abs(p - j) >= window) for p in range(m - n, m))
    ]
    other_k, other_v = k.copy(), v.copy()
    other_k[:, :, unseen], other_v[:, :, unseen] = 1e4, -1e6
    asked = call("grouped_query_attention", q, other_k, other_v, causal=causal, window=window)
    got = kata.grouped_query_attention(q.copy(), other_k.copy(), other_v.copy(), causal=causal, window=window)
    want = loop_attention((q, k, v), (causal, window))
    check.close(
        got,
        want,
        asked=asked,
        atol=1e-11,
        hint=f"the keys at {unseen} are seen by no query: mask scores before the softmax",
    )


@pytest.mark.law
@pytest.mark.parametrize("options", [(False, None), (True, None), (True, 33)], ids=str)
def test_forty_positions_equal_the_definition(options: Options) -> None:
    rng = np.random.default_rng(27)
    check_attention(
        rng.normal(size=(1, 4, 40, 8)), rng.normal(size=(1, 2, 40, 8)), rng.normal(size=(1, 2, 40, 4)), options
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_more_queries_than_keys_are_fine_where_positions_do_not_count() -> None:
    check_attention(STEPS, STEPS[:, :, :2], STEPS[:, :, :2], (False, None))


@pytest.mark.edge
@pytest.mark.parametrize("options", [(False, None), (True, None), (True, 2)], ids=str)
def test_large_scores_are_stable(options: Options) -> None:
    q, k, v = WIDE
    check_attention(q * 100, k * 100, v, options, hint="subtract the largest score of each row before the exponential")
    check_attention(np.abs(q) * -1e2, np.abs(k) * 1e2, v, options, hint="also where all scores are far below 0")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_is_computed_in_float64(dtype: npt.DTypeLike) -> None:
    rng = np.random.default_rng(1)
    q, k, v = (rng.integers(-99, 100, size=(1, h, 3, 2)).astype(dtype) for h in (4, 2, 2))
    check_attention(q, k, v, (True, None), hint="convert to float64 first: products of small integers wrap around")
    check_attention(q.tolist(), k.tolist(), v.tolist(), (True, 2))


Q, K = np.ones((2, 4, 3, 5)), np.ones((2, 2, 3, 5))
BAD: dict[str, tuple[Any, ...]] = {
    "q has three axes": (Q[0], K, K),
    "k has three axes": (Q, K[0], K),
    "the batches differ, though they would broadcast": (Q[:1], K, K),
    "the widths of q and k differ": (Q[..., :4], K, K),
    "there are fewer values than keys": (Q, K, K[:, :, :2]),
    "there is one value head for two key heads": (Q, K, K[:, :1]),
    "3 key heads do not divide 4 query heads": (Q, np.ones((2, 3, 3, 5)), np.ones((2, 3, 3, 5))),
    "there are more key heads than query heads": (Q[:, :1], K, K),
    "there are no keys": (Q, K[:, :, :0], K[:, :, :0]),
    "there are no queries": (Q[:, :, :0], K, K),
    "the values have width 0": (Q, K, K[..., :0]),
    "there are more queries than positions, and causal": (Q, K[:, :, :2], K[:, :, :2], True),
    "there are more queries than positions, and a window": (Q, K[:, :, :2], K[:, :, :2], False, 2),
    "the window is 0": (Q, K, K, True, 0),
    "the window is negative": (Q, K, K, False, -1),
    "the window is not a whole number": (Q, K, K, True, 1.5),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_shapes_that_do_not_fit_and_impossible_windows_are_an_error(why: str) -> None:
    arguments, asked = deepcopy(BAD[why]), call("grouped_query_attention", *BAD[why])
    hint = "check shapes and window before you compute"
    check.raises(ValueError, lambda: kata.grouped_query_attention(*arguments), asked=asked, because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    q, k, v = deepcopy(WIDE)
    with check.untouched(asked=call("grouped_query_attention", *WIDE, causal=True, window=2), q=q, k=k, v=v):
        kata.grouped_query_attention(q, k, v, causal=True, window=2)
