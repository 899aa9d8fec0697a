"""Suite of B28: whatever the cuts, the outputs are those of one causal pass over the whole; and a step is linear."""

from __future__ import annotations

import math
from copy import deepcopy
from functools import partial
from typing import Any

import kv_cache as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes
from harness.suite.global_random import GlobalRandomState
from harness.suite.speed import Grower, Task
from harness.suite.strategies import Float64Array, seeds

Weights = tuple[Float64Array, Float64Array, Float64Array, Float64Array]


def make_weights(seed: int, d_model: int) -> Weights:
    q, k, v, o = np.random.default_rng(seed).normal(size=(4, d_model, d_model)) / 2
    return q, k, v, o


def made(weights: Weights, n_heads: int, max_length: int = 32) -> Any:
    """A layer with these weights."""
    layer = kata.CachedAttention(len(weights[0]), n_heads, max_length)
    layer.W_q, layer.W_k, layer.W_v, layer.W_o = deepcopy(weights)
    return layer


def whole(
    weights: Weights,
    n_heads: int,
    x: Float64Array,
    *,
    sees: Any = lambda p, j: j <= p,
    scale: float = 0.5,
    turn: bool = False,
) -> Float64Array:
    """One pass over all tokens, token by token and head by head; parts can be exchanged for mistakes."""
    q, k, v = (x @ w for w in weights[:3])
    d, rows = x.shape[1] // n_heads, []
    for p in range(len(x)):
        keys, parts = [j for j in range(len(x)) if sees(p, j)], []
        for h in range(n_heads):
            columns = slice(h, None, n_heads) if turn else slice(h * d, (h + 1) * d)
            scores = [float(q[p, columns] @ k[j, columns]) / d**scale for j in keys]
            shares = np.exp(np.array(scores) - max(scores))
            parts.append(sum(share * v[j, columns] for share, j in zip(shares / shares.sum(), keys, strict=True)))
        rows.append(np.concatenate(parts) @ weights[3])
    return np.array(rows)


def mistakes_for(weights: Weights, n_heads: int, x: Float64Array, rows: slice, extra: dict[str, object]) -> Mistakes:
    """What the usual mistakes give for the outputs of the tokens `rows` of x."""
    start = rows.start or 0

    def wrong(**parts: Any) -> Any:
        return lambda: whole(weights, n_heads, x, **parts)[rows]

    return {
        "not a number: a row has no key, or exp overflowed": math.nan,
        "only the tokens of this call are seen: those of earlier calls count too": lambda: whole(
            weights, n_heads, x[rows]
        ),
        "the future within a call is seen: the causal mask is missing": lambda: whole(
            weights, n_heads, x[: rows.stop], sees=lambda _p, _j: True
        )[rows],
        "the causal mask has no offset: the first token of a call sees key 0 alone": wrong(
            sees=lambda p, j: j <= p - start if p >= start else j <= p
        ),
        "a token does not see itself": wrong(sees=lambda p, j: j < p or p == 0),
        "not divided by root(d)": wrong(scale=0.0),
        "divided by d": wrong(scale=1.0),
        "divided by root(d_model): each head has d = d_model / n_heads": lambda: whole(
            (weights[0] / math.sqrt(n_heads), *weights[1:]), n_heads, x
        )[rows],
        "heads take every n-th column: they take blocks of columns": wrong(turn=True),
        "one head: softmax for each head by itself": lambda: whole(weights, 1, x)[rows],
        "W_o is left out": lambda: whole((*weights[:3], np.eye(x.shape[1])), n_heads, x)[rows],
        "keys and values are swapped": lambda: whole((weights[0], weights[2], weights[1], weights[3]), n_heads, x)[
            rows
        ],
        **extra,
    }


def check_cuts(
    layer: Any,
    weights: Weights,
    n_heads: int,
    x: Float64Array,
    cuts: list[int],
    *,
    extra: Any = None,
    hint: str = "",
    start: int = 0,
) -> None:
    """Hand x to the layer in parts (0 is `decode` of one token), and hold each output to the pass over all tokens."""
    __tracebackhide__ = True
    want, done = whole(weights, n_heads, x), start
    for cut in cuts:
        rows = slice(done, done + max(cut, 1))
        method = f"prefill of {cut} tokens" if cut else "decode"
        asked = f"{method} after {done} tokens, {n_heads} heads, tokens {check.show(x[: rows.stop])}"
        ask: Any = partial(layer.prefill, x[rows].copy()) if cut else partial(layer.decode, x[done].copy())
        got = check.accepts(ask, asked=asked, because="there is room for it: what was truncated makes room")
        got = got if cut else np.asarray(got)[None]
        mistakes = mistakes_for(weights, n_heads, x, rows, {name: value[rows] for name, value in (extra or {}).items()})
        check.close(
            got,
            want[rows],
            asked=asked,
            atol=1e-10,
            mistakes=mistakes,
            hint=hint or "as in one causal pass over all tokens",
        )
        check.float_array(np.asarray(got), want[rows].shape, asked=asked)
        done = rows.stop
        check.equal(layer.length, done, asked=f"length after {done} tokens", hint="tokens in the cache")


WEIGHTS = make_weights(28, 4)
TOKENS = np.random.default_rng(1).integers(-8, 9, size=(9, 4)) / 4
CUTS = [[9], [4, 5], [0] * 9, [3, 0, 0, 2, 0, 1]]

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example() -> None:
    weights, x = (np.zeros((2, 2)), np.eye(2), np.eye(2), np.eye(2)), np.array([[1.0, 0.0], [3.0, 2.0], [5.0, 4.0]])
    layer = made(weights, 1)
    check_cuts(layer, weights, 1, x, [2, 0])
    layer.truncate(1)
    check.equal(layer.length, 1, asked="length after truncate(1) of 3 tokens")
    check_cuts(layer, weights, 1, np.array([[1.0, 0.0], [0.0, 0.0]]), [0], start=1)


@pytest.mark.example
@pytest.mark.parametrize("cuts", CUTS, ids=str)
@pytest.mark.parametrize("n_heads", [1, 2])
def test_the_outputs_do_not_depend_on_how_the_tokens_are_cut(cuts: list[int], n_heads: int) -> None:
    check_cuts(made(WEIGHTS, n_heads, 9), WEIGHTS, n_heads, TOKENS, cuts)


@pytest.mark.example
def test_after_truncate_other_tokens_take_the_place() -> None:
    other = np.concatenate([TOKENS[:3], -2 * TOKENS[3:6] + 1, TOKENS[:2]])
    for cuts in ([3, 0, 0], [0, 0, 0, 2], [5]):
        layer = made(WEIGHTS, 2, 9)
        layer.prefill(TOKENS)
        layer.truncate(3)
        stale = {
            "tokens that were forgotten are still seen": whole(WEIGHTS, 2, np.concatenate([TOKENS, other[3:]]))[6:]
        }
        stale = {name: np.concatenate([np.zeros((3, 4)), rows]) for name, rows in stale.items()}
        check_cuts(layer, WEIGHTS, 2, other, cuts, extra=stale, start=3, hint="truncate forgets what lies behind")
    layer.truncate(0)
    check_cuts(layer, WEIGHTS, 2, TOKENS, [4, 0], hint="truncate(0) empties the cache")


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(seeds(), st.lists(st.integers(0, 4), min_size=1, max_size=6), st.sampled_from([(2, 1), (4, 2), (6, 3), (3, 3)]))
def test_any_cuts_equal_one_pass(seed: int, cuts: list[int], sizes: tuple[int, int]) -> None:
    d_model, n_heads = sizes
    x = np.random.default_rng(seed).integers(-8, 9, size=(sum(max(cut, 1) for cut in cuts), d_model)) / 4
    weights = make_weights(seed, d_model)
    check_cuts(made(weights, n_heads), weights, n_heads, x, cuts)


@pytest.mark.law
def test_two_hundred_tokens_equal_one_pass() -> None:
    weights, x = make_weights(2, 8), np.random.default_rng(2).normal(size=(203, 8))
    check_cuts(made(weights, 4, 300), weights, 4, x, [120, 0, 80, 0, 0])


@pytest.mark.law
def test_the_weights_are_random_around_0_and_follow_random_state() -> None:
    state = GlobalRandomState()
    layers = [kata.CachedAttention(40, 2, 4, random_state=seed) for seed in (1, 1, 2, np.random.default_rng(3), None)]
    drawn = [np.array([layer.W_q, layer.W_k, layer.W_v, layer.W_o]) for layer in layers]
    state.check_kept()
    check.equal(
        drawn[1], drawn[0], asked="weights of a second layer with random_state=1", hint="an int gives the same weights"
    )
    check.true(
        not np.array_equal(drawn[2], drawn[0]),
        asked="weights with random_state=2",
        came="those of 1",
        expected="others",
    )
    for weights in drawn:  # 6,400 numbers: a mean beyond 6 standard errors is no chance
        deviation, distinct = float(weights.std()), len(np.unique(weights))
        is_right = 0.02 <= deviation <= 1 and abs(float(weights.mean())) < 6 * deviation / 80 and distinct > 6300
        came = f"mean {weights.mean():.3g}, standard deviation {deviation:.3g}, {distinct} different ones of 6400"
        check.true(
            is_right,
            asked="the weights",
            came=came,
            expected="mean 0, standard deviation from 0.02 to 1, all different",
            hint="draw each number of each matrix by itself",
        )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_call_without_room_is_an_error_and_leaves_the_cache_as_it_was() -> None:
    layer, because = made(WEIGHTS, 2, 5), "there is room for 5 tokens, and 3 are there"
    check_cuts(layer, WEIGHTS, 2, TOKENS, [3])
    check.raises(
        ValueError,
        partial(layer.prefill, TOKENS[3:6]),
        asked="prefill of 3 more tokens",
        because=because,
        hint="nothing is dropped to make room",
    )
    check.equal(
        layer.length, 3, asked="length after a call that was refused", hint="check the room before anything is written"
    )
    check_cuts(layer, WEIGHTS, 2, TOKENS, [0, 0], start=3, hint="a call that was refused leaves nothing behind")
    check.raises(
        ValueError, partial(layer.decode, TOKENS[5]), asked="decode with 5 tokens", because="the cache is full"
    )
    layer.truncate(4)
    check_cuts(layer, WEIGHTS, 2, TOKENS, [0], start=4, hint="after truncate there is room again")


@pytest.mark.edge
def test_large_scores_are_stable_and_other_dtypes_computed_in_float64() -> None:
    check_cuts(made(WEIGHTS, 2), WEIGHTS, 2, TOKENS * 200, [4, 0, 0], hint="subtract the largest score of each row")
    tokens = np.array([[100, 27, -3, 90], [1, -128, 127, 5]], dtype=np.int8)
    layer, want = made(WEIGHTS, 2), whole(WEIGHTS, 2, tokens.astype(np.float64))
    for got, row in (
        (layer.prefill(tokens[:1].tolist()), want[:1]),
        (layer.decode(tokens[1].astype(np.float32)), want[1]),
    ):
        check.close(got, row, asked="outputs of int8 and float32 tokens", hint="convert to float64 first")


@pytest.mark.edge
def test_arguments_and_results_stay_as_they_were_and_objects_share_nothing() -> None:
    x, token = TOKENS[:3].copy(), TOKENS[3].copy()
    layer, other = made(WEIGHTS, 2), made(WEIGHTS, 2)
    with check.untouched(asked="prefill and decode", x=x, token=token):
        first = layer.prefill(x)
        kept = np.array(first)
        layer.decode(token)
    x[:] = 99.0
    layer.truncate(0)
    layer.prefill(-TOKENS)
    check.equal(
        first, kept, asked="the outputs of an earlier prefill, after later calls", hint="hand out arrays of their own"
    )
    layer, hint = made(WEIGHTS, 2), "two objects share nothing"
    check_cuts(layer, WEIGHTS, 2, TOKENS, [3])
    check_cuts(other, WEIGHTS, 2, -TOKENS, [2, 0], hint=hint)
    check_cuts(layer, WEIGHTS, 2, TOKENS, [0], start=3, hint=hint)


BAD: dict[str, tuple[str, tuple[Any, ...]]] = {
    "n_heads does not divide d_model": ("new", (6, 4, 8)),
    "d_model is 0": ("new", (0, 1, 8)),
    "n_heads is 0": ("new", (4, 0, 8)),
    "max_length is 0": ("new", (4, 2, 0)),
    "max_length is not a whole number": ("new", (4, 2, 1.5)),
    "prefill of one token without its axis": ("prefill", (TOKENS[0],)),
    "prefill of tokens of another width": ("prefill", (TOKENS[:, :3],)),
    "prefill of no tokens": ("prefill", (TOKENS[:0],)),
    "decode of two tokens": ("decode", (TOKENS[:2],)),
    "decode of a token of another width": ("decode", (TOKENS[0, :3],)),
    "truncate beyond the length": ("truncate", (4,)),
    "truncate below 0, which would count from the end": ("truncate", (-1,)),
    "truncate to half a token": ("truncate", (1.5,)),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_sizes_and_shapes_that_do_not_fit_are_an_error(why: str) -> None:
    name, arguments = BAD[why]
    if name == "new":
        ask: Any = partial(kata.CachedAttention, *arguments)
    else:
        layer = made(WEIGHTS, 2)
        layer.prefill(TOKENS[:3])
        ask = partial(getattr(layer, name), *arguments)
    asked = f"{'CachedAttention' if name == 'new' else name}({', '.join(map(check.show, arguments))})"
    check.raises(ValueError, ask, asked=asked, because=why, hint="check before anything is written")


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_decode_takes_time_in_proportion_to_the_length(growth: Grower) -> None:
    weights, text = make_weights(5, 8), np.random.default_rng(5).normal(size=(1_800, 8))
    layers: dict[int, Any] = {}  # filled once a size: a prompt may cost what it likes

    def task(rng: np.random.Generator, n: int) -> Task:
        if n not in layers:
            layers[n] = made(weights, 2, n + 1)
            for start in range(0, n, 100):
                layers[n].prefill(text[start : start + 100])
        layer, token = layers[n], rng.normal(size=8)

        def step() -> Float64Array:
            layer.truncate(n)  # back to the prompt; the next token is another one each time
            return np.asarray(layer.decode(token))

        def want() -> Float64Array:
            x = np.concatenate([text[:n], token[None]])
            q, k, v = token @ weights[0], x @ weights[1], x @ weights[2]
            parts = []
            for columns in (slice(0, 4), slice(4, 8)):
                shares = np.exp(k[:, columns] @ q[columns] / 2)
                parts.append(shares @ v[:, columns] / shares.sum())
            return np.asarray(np.concatenate(parts) @ weights[3])

        return Task(step, want)

    hint, asked = (
        "keep keys and values: a pass over all tokens at each step is quadratic",
        "decode after 200 to 1 800 tokens",
    )
    growth(task, [200, 600, 1_800], same=partial(check.close, rtol=1e-7), at_most=1.4, asked=asked, hint=hint)
