"""Follow-up of B11: slopes head by head, distances after the scaling, windows on both sides."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
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
    causal, alibi, window = bool(rng.integers(2)), bool(rng.integers(2)), (None, 1, 2, 3, 9)[rng.integers(5)]
    lengths = rng.integers(0, n + 1, size=b).tolist() if rng.random() < 0.3 else [n] * b
    W_q, W_k, x = (rng.normal(size=(*size, n_heads * d)) for size in ((n_heads * d,), (n_heads * d,), (b, n)))
    return Case(W_q, W_k, x, n_heads, lengths, {"causal": causal, "alibi": alibi, "window": window})


def slopes_of(n_heads: int, first: int = 1) -> list[float]:
    return [math.pow(2.0, -8 * h / n_heads) for h in range(first, first + n_heads)]


Inside = Callable[[int, int, int], bool]


def weights_of(
    case: Case,
    slopes: list[float] | None = None,
    inside: Inside = lambda i, j, w: abs(i - j) < w,
    bias: str = "absolute, after scaling",
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
                far = slopes[h] * (i - j if bias == "signed" else abs(i - j))
                far /= math.sqrt(d) if bias == "before scaling" else 1
                powers[j] = math.exp(float(Q[s, i, cut] @ K[s, j, cut]) / math.sqrt(d) - far)
        weights[s, h, i, list(powers)] = np.array([*powers.values()]) / (math.fsum(powers.values()) or 1)
    return weights


def mistakes(case: Case) -> Mistakes:
    n, right = case.n_heads, slopes_of(case.n_heads)
    slopes = {
        "alibi is not used": [0.0] * n,
        "heads are counted from 0: the first slope is 2 ** (-8 / n_heads)": slopes_of(n, first=0),
        "slopes 2 ** -h, whatever n_heads: the exponent is -8 h / n_heads": [1 / 2**h for h in range(1, n + 1)],
        "one slope for all heads": right[:1] * n,
        "the distance is added: it is taken from the score": [-m for m in right],
    }
    windows: dict[str, Inside] = {
        "window is not used": lambda *_: True,
        "the window is one key too wide: |i - j| < window": lambda i, j, w: abs(i - j) <= w,
        "the window is on the past's side only: without causal it is on both": lambda i, j, w: 0 <= i - j < w,
        "the future is open: the window has two sides": lambda i, j, w: i - j < w,
        "the window has fixed places: it moves with the query": lambda i, j, w: i // w == j // w,
    }
    return {
        **{text: lambda m=m: weights_of(case, slopes=m) for text, m in slopes.items()},
        **{text: lambda f=f: weights_of(case, inside=f) for text, f in windows.items()},
        "the distance is divided by the root of d, too": lambda: weights_of(case, bias="before scaling"),
        "m (j - i), which favours the future: take the absolute distance": lambda: weights_of(case, bias="signed"),
        "NaN: a query that sees no key has zeros": math.nan,
    }


def check_case(case: Case) -> None:
    """Hold weights and output to the definition."""
    __tracebackhide__ = True
    d_model, given, want = case.x.shape[2], case.masks | {"key_lengths": case.key_lengths}, weights_of(case)
    layer = kata.MultiHeadAttention(d_model, case.n_heads)
    layer.W_q, layer.W_k = case.W_q.copy(), case.W_k.copy()
    layer.W_v = layer.W_o = np.eye(d_model)
    output, weights = layer.forward(case.x.copy(), **given)
    asked = call("layer", n_heads=case.n_heads, W_q=case.W_q, W_k=case.W_k) + "." + call("forward", case.x, **given)
    check.close(weights, want, asked=asked + ": the weights", mistakes=mistakes(case))
    parts = zip(np.split(case.x, case.n_heads, axis=2), want.swapaxes(0, 1), strict=True)
    want = np.concatenate([of_head @ x for x, of_head in parts], axis=2)
    check.close(output, want, asked=asked + ": the output", hint="the weights act on the values")


FOUR = Case(np.zeros((2, 2)), np.zeros((2, 2)), np.eye(4)[None, :, :2], 2, [4], {})


@pytest.mark.example
@pytest.mark.parametrize("n_heads", [4, 8, 1, 6])
def test_worked_examples_of_slopes(n_heads: int) -> None:
    want = slopes_of(n_heads)
    wrong = {
        "heads are counted from 0: h goes from 1 to n_heads": slopes_of(n_heads, first=0),
        "2 ** -h, whatever n_heads: the exponent is -8 h / n_heads": [1 / 2**h for h in range(1, n_heads + 1)],
    }
    check.close(kata.alibi_slopes(n_heads), want, asked=call("alibi_slopes", n_heads), mistakes=wrong)


@pytest.mark.example
@pytest.mark.parametrize("masks", [{"alibi": True}, {"window": 2}], ids=str)
@pytest.mark.parametrize("causal", [False, True], ids=["both sides", "causal"])
def test_worked_examples(masks: dict[str, Any], causal: bool) -> None:
    check_case(FOUR._replace(key_lengths=[1], masks=masks))  # with a window, the last queries see nothing
    W_q, W_k, x = np.random.default_rng(1).integers(-1, 2, size=(3, 4, 4)) / 1.0
    for case in (FOUR, Case(W_q, W_k, x[None], 2, [4], {})):
        check_case(case._replace(masks={**masks, "causal": causal}))


@pytest.mark.law
@settings(max_examples=40)
@given(st.builds(make_case, seeds()))
def test_equals_the_definition(case: Case) -> None:
    check_case(case)


@pytest.mark.edge
@pytest.mark.parametrize("bad", [0, -1])
def test_windows_and_heads_below_1_are_an_error(bad: int) -> None:
    forward = partial(kata.MultiHeadAttention(2, 1).forward, np.ones((1, 3, 2)), window=bad)
    check.raises(
        ValueError, forward, asked=f"forward(x, window={bad})", because="1 is the least", hint="check it first"
    )
    slopes, asked = partial(kata.alibi_slopes, bad), call("alibi_slopes", bad)
    check.raises(ValueError, slopes, asked=asked, because="1 is the least", hint="check it first")
