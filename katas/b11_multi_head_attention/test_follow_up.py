"""Follow-up of B11: slopes head by head, distances after the scaling, windows on both sides."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import multi_head_attention as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """Self-attention with W_v = W_o = 1."""

    W_q: Float64Array
    W_k: Float64Array
    x: Float64Array
    n_heads: int
    key_lengths: list[int]
    masks: dict[str, Any]


def make_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    b, n, n_heads, d = (int(size) for size in rng.integers(1, [3, 7, 5, 4]))
    W_q, W_k = rng.normal(size=(2, n_heads * d, n_heads * d))
    masks = {
        "causal": bool(rng.integers(2)),
        "alibi": bool(rng.integers(2)),
        "window": (None, 1, 2, 3, 9)[rng.integers(5)],
    }
    lengths = rng.integers(0, n + 1, size=b).tolist() if rng.random() < 0.3 else [n] * b
    return Case(W_q, W_k, rng.normal(size=(b, n, n_heads * d)), n_heads, lengths, masks)


def slopes_of(n_heads: int, first: int = 1) -> list[float]:
    return [math.pow(2.0, -8 * h / n_heads) for h in range(first, first + n_heads)]


def scored(score: float, root: float, m: float, step: int) -> float:
    """The score with its bias, at a key that is `step` positions behind the query (before it, where negative)."""
    return score / root - m * abs(step)


Inside = Callable[[int, int, int], bool]


def weights_of(
    case: Case,
    slopes: list[float] | None = None,
    scored: Callable[[float, float, float, int], float] = scored,
    inside: Inside = lambda i, j, w: abs(i - j) < w,
) -> Float64Array:
    """The definition, score by score; the other arguments are what mistakes change."""
    b, n, d_model = case.x.shape
    d, causal, w = d_model // case.n_heads, case.masks.get("causal"), case.masks.get("window")
    slopes = (slopes or slopes_of(case.n_heads)) if case.masks.get("alibi") else [0.0] * case.n_heads
    Q, K = case.x @ case.W_q, case.x @ case.W_k
    weights = np.zeros((b, case.n_heads, n, n))
    for s, h, i in np.ndindex(weights.shape[:3]):
        cut, powers = slice(h * d, (h + 1) * d), {}
        for j in range(case.key_lengths[s]):
            if (j <= i or not causal) and (w is None or inside(i, j, w)):
                powers[j] = math.exp(scored(float(Q[s, i, cut] @ K[s, j, cut]), math.sqrt(d), slopes[h], j - i))
        for j, power in powers.items():
            weights[s, h, i, j] = power / math.fsum(powers.values())
    return weights


def mistakes(case: Case) -> Mistakes:
    n, right = case.n_heads, slopes_of(case.n_heads)
    slopes = {
        "alibi is not used": [0.0] * n,
        "heads are counted from 0: the first slope is 2 ** (-8 / n_heads)": slopes_of(n, first=0),
        "slopes 2 ** -h, whatever n_heads: the exponent is -8 h / n_heads": [1 / 2**h for h in range(1, n + 1)],
        "slopes in reverse order": right[::-1],
        "one slope for all heads": right[:1] * n,
        "the distance is added: it is taken from the score": [-m for m in right],
    }
    windows: dict[str, Inside] = {
        "window is not used": lambda *_: True,
        "the window is one key too wide: |i - j| < window": lambda i, j, w: abs(i - j) <= w,
        "the window is on the past's side only: without causal it is on both": lambda i, j, w: 0 <= i - j < w,
        "the future is open: the window is on both sides": lambda i, j, w: i - j < w,
        "the window has fixed places: it moves with the query": lambda i, j, w: i // w == j // w,
    }
    early = lambda s, root, m, step: (s - m * abs(step)) / root  # noqa: E731
    signed = lambda s, root, m, step: s / root + m * step  # noqa: E731
    return {
        **{text: lambda m=m: weights_of(case, slopes=m) for text, m in slopes.items()},
        **{text: lambda f=f: weights_of(case, inside=f) for text, f in windows.items()},
        "the distance is taken off before the division by the root of d": lambda: weights_of(case, scored=early),
        "m (j - i), which favours the future: take the absolute distance": lambda: weights_of(case, scored=signed),
        "causal is lost": lambda: weights_of(case._replace(masks={**case.masks, "causal": False})),
        "NaN: a query that sees no key has zeros": math.nan,
    }


def check_case(case: Case) -> None:
    """Hold weights and output to the definition."""
    __tracebackhide__ = True
    d_model = case.x.shape[2]
    layer = kata.MultiHeadAttention(d_model, case.n_heads)
    layer.W_q, layer.W_k, layer.W_v, layer.W_o = case.W_q.copy(), case.W_k.copy(), np.eye(d_model), np.eye(d_model)
    given = {
        **case.masks,
        **({} if case.key_lengths == [case.x.shape[1]] * len(case.x) else {"key_lengths": case.key_lengths}),
    }
    output, weights = layer.forward(case.x.copy(), **given)
    asked = call("layer", n_heads=case.n_heads, W_q=case.W_q, W_k=case.W_k) + "." + call("forward", case.x, **given)
    want = weights_of(case)
    check.close(
        weights, want, asked=asked + ": the weights", mistakes=mistakes(case), hint="scores, bias, masks, softmax"
    )
    heads = want @ np.stack(np.split(case.x, case.n_heads, axis=2), axis=1)
    want = np.concatenate(list(heads.swapaxes(0, 1)), axis=2)
    check.close(output, want, asked=asked + ": the output", hint="the weights act on the values as before")


FOUR = Case(np.zeros((2, 2)), np.zeros((2, 2)), np.eye(4)[None, :, :2], 2, [4], {})


@pytest.mark.example
@pytest.mark.parametrize("n_heads", [4, 8, 1, 6])
def test_worked_examples_of_slopes(n_heads: int) -> None:
    want = slopes_of(n_heads)
    wrong = {
        "heads are counted from 0: h goes from 1 to n_heads": slopes_of(n_heads, first=0),
        "2 ** -h, whatever n_heads: the exponent is -8 h / n_heads": [1 / 2**h for h in range(1, n_heads + 1)],
        "negative: a slope is above 0": [-m for m in want],
        "in reverse order": want[::-1],
    }
    check.close(kata.alibi_slopes(n_heads), want, asked=call("alibi_slopes", n_heads), mistakes=wrong)


@pytest.mark.example
@pytest.mark.parametrize("masks", [{"alibi": True}, {"window": 2}], ids=str)
@pytest.mark.parametrize("causal", [False, True], ids=["both sides", "causal"])
def test_worked_examples(masks: dict[str, Any], causal: bool) -> None:
    rng = np.random.default_rng(1)
    W_q, W_k = rng.integers(-1, 2, size=(2, 4, 4)) / 1.0
    other = Case(W_q, W_k, rng.integers(-2, 3, size=(1, 5, 4)) / 1.0, 2, [5], {})
    for case in (FOUR, other):
        check_case(case._replace(masks={**masks, "causal": causal}))


@pytest.mark.law
@settings(max_examples=40)
@given(st.builds(make_case, seeds()))
def test_equals_the_definition(case: Case) -> None:
    check_case(case)


@pytest.mark.edge
def test_a_query_behind_the_window_of_all_real_keys_has_zeros() -> None:
    check_case(FOUR._replace(key_lengths=[1], masks={"window": 2, "alibi": True}))


@pytest.mark.edge
@pytest.mark.parametrize("bad", [0, -1])
def test_windows_and_heads_below_1_are_an_error(bad: int) -> None:
    layer, x = kata.MultiHeadAttention(2, 1), np.ones((1, 3, 2))
    asked, because, hint = call("forward", x, window=bad), "it has at least the query's own key", "compare it with 1"
    check.raises(ValueError, lambda: layer.forward(x, window=bad), asked=asked, because=because, hint=hint)
    asked, because = call("alibi_slopes", bad), "there is at least one head"
    check.raises(ValueError, lambda: kata.alibi_slopes(bad), asked=asked, because=because, hint=hint)
