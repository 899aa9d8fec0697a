"""Suite of B11: attention query by query, heads one by one, and the laws of masks."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import multi_head_attention as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Asked, Call, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

NAMES = ("W_q", "W_k", "W_v", "W_o")
BoolArray = npt.NDArray[np.bool_]
Result = tuple[Float64Array, Float64Array]
Attention = Callable[[Float64Array, Float64Array, Float64Array, BoolArray], Result]
Weigh = Callable[[Float64Array, BoolArray], Float64Array]


def attend(q: Float64Array, k: Float64Array, v: Float64Array, mask: BoolArray) -> Result:
    """The definition, query by query: output and weights."""
    weights = np.zeros((*q.shape[:-1], k.shape[-2]))
    output = np.zeros((*q.shape[:-1], v.shape[-1]))
    for place in np.ndindex(q.shape[:-1]):
        keys, values = k[place[:-1]], v[place[:-1]]
        seen = np.flatnonzero(mask[place])
        if seen.size:
            scores = [float(keys[j] @ q[place]) / math.sqrt(k.shape[-1]) for j in seen]
            powers = [math.exp(score - max(scores)) for score in scores]
            weights[place][seen] = np.array(powers) / math.fsum(powers)
            output[place] = weights[place] @ values
    return output, weights


def softmax(scores: Float64Array, mask: BoolArray, axis: int = -1) -> Float64Array:
    """Over allowed entries; NaN where there is none."""
    scores = np.where(mask, scores, -np.inf)
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


WEIGHS: dict[str, Weigh] = {
    "the mask is applied after the softmax: what is left no longer sums to 1": lambda s, m: m * softmax(s, m | True),
    "masked scores are set to 0, which has the weight exp(0): set them to -inf": lambda s, m: softmax(s * m, m | True),
    "the mask is left out": lambda s, m: softmax(s, m | True),
    "the mask is turned round: True may attend": lambda s, m: softmax(s, ~m),
    "softmax over the queries: each query's weights sum to 1, over the last axis": partial(softmax, axis=-2),
    "the best key alone (argmax): softmax is a weighted mean": lambda s, m: (
        m * np.eye(m.shape[-1])[np.where(m, s, -np.inf).argmax(axis=-1)]
    ),
    "no softmax: these are the scores": lambda s, m: np.where(m, s, 0.0),
    "a query that sees nothing has equal weights, as with -1e9 for a mask: it has zeros": lambda s, m: softmax(
        np.where(m, s, -1e9), m | True
    ),
}


def by_softmax(weigh: Weigh = softmax, size: int | None = None, power: float = 0.5) -> Attention:
    """Attention by a mistaken softmax, or by one of scores that are divided by `size**power`."""

    def attention(q: Float64Array, k: Float64Array, v: Float64Array, mask: BoolArray) -> Result:
        weights = weigh(q @ k.swapaxes(-1, -2) / (size or q.shape[-1]) ** power, mask)
        weights = weights if weigh is not softmax else np.where(mask.any(axis=-1, keepdims=True), weights, 0.0)
        return weights @ v, weights

    return attention


def attention_mistakes(q: Float64Array, k: Float64Array, v: Float64Array, mask: BoolArray, part: int) -> Mistakes:
    """What mistakes give for the output (part 0) or the weights (part 1)."""
    wrong: dict[str, Attention] = {
        "not divided by the root of d_k": by_softmax(power=0),
        "divided by d_k: divide by its root": by_softmax(power=1),
        "divided by the root of the number of keys: by that of d_k": by_softmax(size=k.shape[-2]),
        **{text: by_softmax(weigh) for text, weigh in WEIGHS.items()},
    }
    return {
        **{text: lambda f=f: f(q, k, v, mask)[part] for text, f in wrong.items()},
        "output and weights are swapped: the output comes first": lambda: attend(q, k, v, mask)[1 - part],
        "NaN, by a softmax of nothing: a query that sees no key has zeros": math.nan,
    }


def check_attention(q: Float64Array, k: Float64Array, v: Float64Array, mask: BoolArray | None, hint: str = "") -> None:
    """Hold output and weights to the definition."""
    __tracebackhide__ = True
    given = {"q": q, "k": k, "v": v} | ({} if mask is None else {"mask": mask})
    asked = call("scaled_dot_product_attention", **given)
    full = np.broadcast_to(np.array(True) if mask is None else mask, (*q.shape[:-1], k.shape[-2]))
    got = kata.scaled_dot_product_attention(**{name: x.copy() for name, x in given.items()})
    for part, name in ((1, ": the weights"), (0, ": the output")):
        wrong, tip = {} if hint else attention_mistakes(q, k, v, full, part), hint or "softmax(q k^T / sqrt(d_k)) v"
        check.close(got[part], attend(q, k, v, full)[part], asked=asked + name, mistakes=wrong, hint=tip)


class Case(NamedTuple):
    """A layer and what it is asked."""

    n_heads: int
    weights: tuple[Float64Array, ...]  # W_q, W_k, W_v, W_o
    query: Float64Array
    key: Float64Array | None = None
    value: Float64Array | None = None
    key_lengths: npt.NDArray[np.int64] | None = None
    causal: bool = False


def make_case(seed: int) -> Case:
    """A small problem: self- or cross-attention, with or without padding and a causal mask."""
    rng = np.random.default_rng(seed)
    b, n, m, n_heads, d_head = (int(size) for size in rng.integers(1, [4, 6, 6, 4, 4]))
    cross, given, d_model = rng.integers(3), rng.random(2) < 0.5, n_heads * d_head
    m = m if cross else n
    query, key, value = (rng.normal(size=(b, length, d_model)) for length in (n, m, m))
    weights = tuple(rng.normal(size=(4, d_model, d_model)))
    lengths = rng.integers(0, m + 1, size=b) if given[0] else None
    others = key if cross else None, value if cross == 2 else None
    return Case(n_heads, weights, query, *others, lengths, bool(given[1]))


CASES = st.builds(make_case, seeds())
EXAMPLE = Case(2, (np.eye(4),) * 4, np.array([[[1.0, 0, 0, 1], [0, 2, 0, 0], [1, 1, 3, 0]]]))


def seen_by(case: Case, behind: Callable[[int, int], bool] = lambda i, j: j > i, front: bool = False) -> BoolArray:
    """Who sees whom, (b, n, m); the other arguments are what mistakes change."""
    b, n, m = len(case.query), case.query.shape[1], (case.query if case.key is None else case.key).shape[1]
    mask = np.ones((b, n, m), dtype=bool)
    for s, i, j in np.ndindex(mask.shape):
        length = m if case.key_lengths is None else int(case.key_lengths[s])
        padding = j < m - length if front else j >= length
        mask[s, i, j] = not padding and not (case.causal and behind(i, j))
    return mask


def multi_head(
    case: Case,
    attention: Attention = attend,
    *,
    mask: BoolArray | None = None,
    cut: Callable[[Float64Array, int], Float64Array] = lambda x, h: np.stack(np.split(x, h, axis=-1), axis=1),
    join: Callable[[Float64Array], Float64Array] = lambda x: np.concatenate(list(x.swapaxes(0, 1)), axis=-1),
) -> Result:
    """The definition; the other arguments are what mistakes change."""
    W_q, W_k, W_v, W_o = case.weights
    key = case.query if case.key is None else case.key
    value = key if case.value is None else case.value
    q, k, v = (cut(x @ w, case.n_heads) for x, w in ((case.query, W_q), (key, W_k), (value, W_v)))
    seen = np.repeat((seen_by(case) if mask is None else mask)[:, None], case.n_heads, axis=1)
    output, weights = attention(q, k, v, seen)
    return join(output) @ W_o, weights


def layer_mistakes(case: Case, part: int) -> Mistakes:
    """What mistakes give for the output (part 0) or the weights (part 1)."""
    d_model, (query, key, value), W = case.query.shape[-1], case[2:5], case.weights
    no_causal, no_lengths = case._replace(causal=False), case._replace(key_lengths=None)
    real = seen_by(no_causal)
    other: dict[str, Case] = {
        "W_o is not applied": case._replace(weights=(*W[:3], np.eye(d_model))),
        "projected by W.T: rows times W": case._replace(weights=tuple(w.T for w in W)),
        "key is not used": case._replace(key=query, value=key if value is None else value),
        "value is not used": case._replace(value=None),
        "without value, value is key, not query": case._replace(value=query if value is None else value),
        "causal is not used": no_causal,
        "key_lengths is not used": no_lengths,
    }
    change: dict[str, dict[str, Any]] = {
        "scores are divided by the root of d_model: by that of d_model / n_heads": {
            "attention": by_softmax(size=d_model)
        },
        "heads are cut by reshape(b, h, n, d), which mixes positions: reshape(b, n, h, d), then swap axes 1 and 2": {
            "cut": lambda x, h: x.reshape(len(x), h, -1, x.shape[-1] // h)
        },
        "a head has every n_heads-th column: it has columns side by side": {
            "cut": lambda x, h: x.reshape(*x.shape[:2], -1, h).transpose(0, 3, 1, 2)
        },
        "heads are joined without swapping axes 1 and 2 back": {"join": lambda x: x.reshape(len(x), -1, d_model)},
        "causal leaves out the query's own position": {"mask": seen_by(case, lambda i, j: j >= i)},
        "causal is turned round: the past is seen": {"mask": seen_by(case, lambda i, j: j < i)},
        "padding is taken from the front: it is behind": {"mask": seen_by(case, front=True)},
        "what causal or key_lengths allows: both must allow it": {"mask": real | seen_by(no_lengths)},
        "queries in the padding are masked, too: key_lengths is about keys": {
            "mask": seen_by(case) & (np.asarray(real.any(axis=1))[..., None] if key is None else real)
        },
        **{text: {"attention": by_softmax(weigh)} for text, weigh in WEIGHS.items()},
    }
    return {
        **{text: lambda c=c: multi_head(c)[part] for text, c in other.items()},
        **{text: lambda a=args: multi_head(case, **a)[part] for text, args in change.items()},
        "the mean over the heads: return the weights of each head": lambda: multi_head(case)[part].mean(axis=1),
        "NaN, by a softmax of nothing: a query that sees no key has zeros": math.nan,
    }


def layer_of(case: Case) -> Any:
    """A layer with the weights of the case."""
    layer = kata.MultiHeadAttention(case.query.shape[-1], case.n_heads)
    for name, weight in zip(NAMES, case.weights, strict=True):
        setattr(layer, name, weight.copy())
    return layer


def arguments_of(case: Case) -> dict[str, Any]:
    """Those that are not left at their default, copied."""
    given = {name: getattr(case, name) for name in ("query", "key", "value", "key_lengths")}
    arrays = {name: value.copy() for name, value in given.items() if value is not None}
    return arrays | ({"causal": True} if case.causal else {})


def asked_of(case: Case) -> Call:
    weights = dict(zip(NAMES, case.weights, strict=True))
    return call("layer", n_heads=case.n_heads, **weights) + "." + call("forward", **arguments_of(case))


def check_layer(case: Case, *, got: Any = None, asked: Asked = "", hint: str = "") -> None:
    """Hold what forward gives to the definition."""
    __tracebackhide__ = True
    got = layer_of(case).forward(**arguments_of(case)) if got is None else got
    for part, name in ((1, ": the weights"), (0, ": the output")):
        wrong, tip = {} if hint else layer_mistakes(case, part), hint or "heads have columns side by side"
        check.close(got[part], multi_head(case)[part], asked=(asked or asked_of(case)) + name, mistakes=wrong, hint=tip)


Q, K = np.array([[2.0, 0, 0, 0], [0, 2, 0, 0]]), np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 1, 0]])
V = np.array([[4.0, 0], [0, 4], [8, 8]])


@pytest.mark.example
@pytest.mark.parametrize("second", [None, [True, True, False], [False, False, False]], ids=["no mask", "two", "none"])
def test_worked_example_of_attention(second: list[bool] | None) -> None:
    check_attention(Q, K, V, None if second is None else np.array([[True] * 3, second]))


def make_examples() -> list[Case]:
    """The README's, with masks, and layers of other weights, keys and values."""
    rng = np.random.default_rng(4)
    other = EXAMPLE._replace(weights=tuple(rng.integers(-2, 3, size=(4, 4, 4)) / 2))
    key, value = rng.integers(-2, 3, size=(2, 1, 3, 4)) / 1
    masked = [EXAMPLE, EXAMPLE._replace(causal=True), EXAMPLE._replace(key_lengths=np.array([2]))]
    return [*masked, other, other._replace(key=key), other._replace(value=value), other._replace(key=key, value=value)]


@pytest.mark.example
@pytest.mark.parametrize("case", make_examples(), ids=["", "causal", "two keys", "weights", "key", "value", "both"])
def test_worked_example_of_a_layer(case: Case) -> None:
    check_layer(case)


@pytest.mark.law
@settings(max_examples=30)
@given(seeds())
def test_attention_equals_the_definition_for_any_leading_axes_and_mask(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m, d_k, d_v = (int(size) for size in rng.integers(1, 6, size=4))
    lead = tuple(rng.integers(1, 4, size=rng.integers(0, 3)).tolist())
    q, k, v = (rng.normal(size=(*lead, *size)) for size in ((n, d_k), (m, d_k), (m, d_v)))
    shapes = [(*lead, n, m), (n, m), (m,), (n, 1)]
    check_attention(q, k, v, rng.random(shapes[rng.integers(4)]) < 0.6 if rng.random() < 0.8 else None)


@pytest.mark.law
@settings(max_examples=40)
@given(CASES)
def test_a_layer_equals_the_definition(case: Case) -> None:
    check_layer(case)


@pytest.mark.law
@settings(max_examples=20)
@given(CASES, seeds())
def test_padding_and_the_future_change_nothing(case: Case, seed: int) -> None:
    key = case.query if case.key is None else case.key
    case = case._replace(key=key, value=key if case.value is None else case.value)
    layer, seen, now = layer_of(case), seen_by(case), case.query.shape[1] // 2
    unseen = ~np.asarray(seen[:, : now + 1].any(axis=1))[..., None]  # by queries 0 ... now
    noise = 100 * np.random.default_rng(seed).normal(size=(2, *key.shape))
    changed: dict[str, Any] = {name: np.where(unseen, noise[i], case[3 + i]) for i, name in enumerate(("key", "value"))}
    got = layer.forward(**arguments_of(case._replace(**changed)))
    asked = asked_of(case) + f", queries 0 ... {now}, after keys and values were changed that they do not see"
    hint = "keys behind the length, and in the future of a causal layer, have no weight"
    for got_part, want in zip(got, multi_head(case), strict=True):
        check.close(got_part[..., : now + 1, :], want[..., : now + 1, :], asked=asked, hint=hint)


@pytest.mark.law
def test_weights_start_at_random_and_follow_random_state() -> None:
    state, size = GlobalRandomState(), 64
    for rs, different in ((5, 1), (0, 1), (None, 3), ("left out", 3), (np.random.default_rng(3), 3)):
        kwargs = {} if isinstance(rs, str) else {"random_state": rs}
        layers = [kata.MultiHeadAttention(size, 4, **kwargs) for _ in range(3)]
        count = len({np.array(layer.W_q).tobytes() for layer in layers})
        asked = f"different W_q of 3 layers, state {rs}"
        hint = "an int, 0 too, gives the same weights each time; a Generator is drawn from; None draws anew"
        check.equal(count, different, asked=asked, hint=hint)
    state.check_kept()
    values = [np.array(getattr(kata.MultiHeadAttention(size, 4, random_state=1), name)) for name in NAMES]
    for name, value in zip(NAMES, values, strict=True):
        asked = f"MultiHeadAttention({size}, 4, random_state=1).{name}"
        spread, mean = float(value.std()), float(value.mean())
        fits, want = 0.018 < spread < 1.1 and abs(mean) < 6 * spread / size, "a deviation from 0.02 to 1, a mean of 0"
        came, mistake = f"a deviation of {spread:.3g}, a mean of {mean:.3g}", "draw numbers of mean 0, and scale them"
        check.true(fits, asked=asked, came=came, expected=want, mistake=mistake)
    largest = float(np.abs(np.corrcoef([value.ravel() for value in values]) - np.eye(4)).max())
    mistake = "equal weights, or generators of one seed: make one generator, and draw from it four times"
    check.true(largest < 0.15, asked="correlations of weights", came=largest, expected="about 0", mistake=mistake)


@pytest.mark.edge
def test_large_scores_give_right_weights() -> None:
    keys, mask = np.array([[1.0], [0.5], [0.4999], [-1.0]]), np.ones((3, 4), dtype=bool)
    mask[0, 0] = False
    queries, hint = np.array([[1e4], [-1e4], [1.0]]), "take the largest score that is seen from each row first"
    check_attention(queries, keys, np.eye(4), mask, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, list, np.float32])
def test_is_computed_in_float64(dtype: Any) -> None:
    case = EXAMPLE._replace(key_lengths=np.array([2]), causal=True, weights=(np.eye(4)[::-1] / 3,) * 4)

    def convert(x: npt.NDArray[Any]) -> Any:
        return x.tolist() if dtype is list else x.astype(dtype)

    got = layer_of(case).forward(convert(case.query), key_lengths=convert(np.array([2])), causal=True)
    check_layer(case, got=got, asked=asked_of(case) + f" as {dtype.__name__}", hint="convert to float64 first")
    q, k = np.array([[16.0, 1.0], [1.0, 16.0]]), np.array([[16.0, 0.0], [16.0, 1.0], [0.0, 17.0]])  # 256 is 0 in uint8
    v, mask = 20 * V, np.array([[True, True, False], [False, True, True]])
    got = kata.scaled_dot_product_attention(*(convert(x) for x in (q, k, v)), mask.tolist())
    asked = call("scaled_dot_product_attention", q, k, v, mask) + f" as {dtype.__name__}"
    for part in (1, 0):
        check.close(got[part], attend(q, k, v, mask)[part], asked=asked, hint="convert to float64 first")


FITTING = {"q": (2, 3, 4), "k": (2, 5, 4), "v": (2, 5, 6)}
MISFITS: dict[str, list[tuple[int, ...]]] = {
    "q": [(2, 3, 5), (1, 3, 4), (3, 4), (2, 0, 4), (4,)],
    "k": [(2, 1, 4), (2, 0, 4), (4,)],
    "v": [(2, 1, 6), (1, 5, 6), (2, 5, 0), (2, 0, 6), (5,)],
    "mask": [(2, 3), (4, 2, 3, 5)],
}


@pytest.mark.edge
@pytest.mark.parametrize("name", MISFITS)
def test_shapes_of_attention_that_do_not_fit_are_an_error(name: str) -> None:
    because = "shapes must be q (2, n, 4), k (2, m, 4), v (2, m, d_v), and the mask must broadcast to (2, n, m)"
    hint = "compare the shapes first: matmul broadcasts leading axes, and + stretches scores to a larger mask"
    for shape in MISFITS[name]:
        shapes = {**FITTING, name: shape} | ({"k": shape} if shape == (2, 0, 6) else {})
        attention = partial(kata.scaled_dot_product_attention, **{key: np.ones(size) for key, size in shapes.items()})
        check.raises(ValueError, attention, asked=f"attention of shapes {shapes}", because=because, hint=hint)


BAD: dict[str, list[Any]] = {
    "query": [np.ones(shape) for shape in ((3, 4), (2, 3, 5), (2, 0, 4))],
    "key": [np.ones(shape) for shape in ((1, 5, 4), (2, 1, 4), (5, 4), (2, 0, 4))],
    "value": [np.ones(shape) for shape in ((1, 5, 4), (2, 1, 4), (5, 4), (2, 5, 5))],
    "key_lengths": [[5], [[5], [5]], [5, 6], [-1, 5]],
}


@pytest.mark.edge
@pytest.mark.parametrize("name", BAD)
def test_calls_of_a_layer_that_do_not_fit_are_an_error(name: str) -> None:
    because = "shapes must be query (2, n, 4), key and value (2, 5, 4), key_lengths (2,), each length in 0 ... 5"
    for bad in BAD[name]:
        given = {"query": np.ones((2, 3, 4)), "key": np.ones((2, 5, 4)), "value": np.ones((2, 5, 4)), name: bad}
        shown = bad if name == "key_lengths" else f"shape {bad.shape}"
        asked = f"MultiHeadAttention(4, 2).forward(...) with {name}: {shown}"
        check.raises(ValueError, partial(kata.MultiHeadAttention(4, 2).forward, **given), asked=asked, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("sizes", [(4, 3), (0, 1), (4, 0), (-4, 2), (4, -2)], ids=str)
def test_sizes_out_of_range_are_an_error(sizes: tuple[int, int]) -> None:
    because, make = "both are at least 1, and n_heads divides d_model", partial(kata.MultiHeadAttention, *sizes)
    check.raises(ValueError, make, asked=call("MultiHeadAttention", *sizes), because=because)


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_two_layers_share_nothing() -> None:
    case = make_examples()[-1]._replace(key_lengths=np.array([2]))
    layer, given, mask = layer_of(case), arguments_of(case), np.array([True, False, True])
    q, k, v, _ = Q.copy(), K.copy(), V.copy(), layer_of(EXAMPLE).forward(**arguments_of(EXAMPLE))
    with check.untouched(asked="forward and scaled_dot_product_attention", q=q, k=k, v=v, mask=mask, **given):
        kata.scaled_dot_product_attention(q, k, v, mask)
        got = layer.forward(**given)
    check_layer(case, got=got, hint="another layer was made and used in between: keep everything on self")
    other = case._replace(causal=not case.causal, key_lengths=None)
    check_layer(other, got=layer.forward(**arguments_of(other)), hint="masks are those of this call, not of the last")
