"""Suite of C06: equal to dense attention for any chunk, in a bounded memory and at nearly its speed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import chunked_attention as kata
import numpy as np
import pytest
from dense_attention import dense_attention
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """What is asked."""

    q: Float64Array
    k: Float64Array
    v: Float64Array
    chunk: int
    causal: bool = False
    key_lengths: list[int] | None = None


def make_case(seed: int) -> Case:
    """A small problem: chunks that fit and chunks that do not, scores of ordinary size and large ones."""
    rng = np.random.default_rng(seed)
    b, n, m, d, d_v = (int(size) for size in rng.integers(1, [3, 8, 10, 4, 4]))
    q, k, v = (rng.normal(size=(b, *size)) for size in ((n, d), (m, d), (m, d_v)))
    lengths = rng.integers(0, m + 1, size=b).tolist() if rng.random() < 0.4 else None
    return Case(q * rng.choice([1, 30]), k, v, int(rng.integers(1, m + 3)), bool(rng.random() < 0.4), lengths)


CASES = st.builds(make_case, seeds())
EXAMPLE = Case(np.array([[[2.0], [0.0]]]), np.array([[[0.0], [1.0], [3.0]]]), np.array([[[1.0], [2.0], [4.0]]]), 2)
FALLING = Case(
    np.array([[[1.0], [-1.0]]]),
    np.array([[[3.0], [2.5], [0.5], [0.0], [1.0]]]),
    np.array([[[1.0], [5], [2], [7], [3]]]),
    2,
)
"""The largest score of the first query is in the first chunk, that of the second query in a later one."""


def dense(case: Case) -> Float64Array:
    """What is wanted."""
    lengths = None if case.key_lengths is None else np.array(case.key_lengths)
    return np.asarray(dense_attention(case.q, case.k, case.v, case.causal, lengths))


def online(case: Case, wrong: str = "") -> Float64Array:
    """Online softmax, step by step; `wrong` names what mistakes change."""
    (b, n, d), (m, d_v) = case.q.shape, case.v.shape[1:]
    largest, total, output, done = np.full((b, n, 1), -np.inf), np.zeros((b, n, 1)), np.zeros((b, n, d_v)), 0
    largest = np.zeros((b, n, 1)) if wrong == "starts at 0" else largest
    end = m - m % case.chunk if wrong == "short chunk left out" else m
    parts = []
    for start in range(0, end, case.chunk):
        places = np.arange(start, min(start + case.chunk, m))
        scores = case.q @ case.k[:, places].swapaxes(1, 2) / (1 if wrong == "no root" else math.sqrt(d))
        local = places - start if wrong == "local places" else places
        hidden = local >= np.reshape(m if case.key_lengths is None else case.key_lengths, (-1, 1, 1))
        hidden = hidden | (case.causal & (local > np.arange(n)[:, None]))
        scores = np.where(hidden, -np.inf, scores)
        own = scores.max(axis=2, keepdims=True)
        new = own if wrong in ("chunk maxima", "mean of chunks") else np.maximum(largest, own)
        finite = np.where(np.isinf(new), 0.0, new)
        decay = np.exp(finite - largest if wrong == "turned round" else largest - finite)
        decay = np.ones_like(decay) if wrong in ("chunk maxima", "no rescaling") else decay
        powers = np.exp(scores - finite)
        parts.append(powers @ case.v[:, places] / powers.sum(axis=2, keepdims=True))
        total = (1 if wrong == "total not rescaled" else decay) * total + powers.sum(axis=2, keepdims=True)
        output = (1 if wrong == "output not rescaled" else decay) * output + powers @ case.v[:, places]
        output, done = output / total if wrong == "divided in each step" else output, done + 1
        largest = new
    if wrong == "mean of chunks":
        return np.asarray(np.mean(parts, axis=0))
    return np.asarray(
        output if wrong in ("divided in each step", "not divided") else output / np.where(total > 0, total, 1)
    )


WRONG: dict[str, str] = {
    "the sums are not rescaled when a larger score comes: times exp(old maximum - new)": "no rescaling",
    "the maximum is that of each chunk, and sums of different units are added: keep a running one": "chunk maxima",
    "the sum of powers is not rescaled: times exp(old maximum - new), as the output": "total not rescaled",
    "the output is not rescaled: times exp(old maximum - new), as the sum of powers": "output not rescaled",
    "rescaled by exp(new maximum - old): it is exp(old - new), at most 1": "turned round",
    "the mean of the chunks' outputs: chunks count by the sums of their powers": "mean of chunks",
    "the last chunk is left out where it is short": "short chunk left out",
    "masks count places within a chunk: add where it starts": "local places",
    "the running maximum starts at 0: powers of scores far below vanish": "starts at 0",
    "divided by the sum in each step: once, at the end": "divided in each step",
    "not divided by the sum of powers": "not divided",
    "not divided by the root of d": "no root",
}


def mistakes(case: Case) -> Mistakes:
    """What the usual mistakes give for this case."""
    return {
        **{text: lambda wrong=wrong: online(case, wrong) for text, wrong in WRONG.items()},
        "causal is not used": lambda: dense(case._replace(causal=False)),
        "key_lengths is not used": lambda: dense(case._replace(key_lengths=None)),
        "the first chunk only": lambda: dense(
            case._replace(k=case.k[:, : case.chunk], v=case.v[:, : case.chunk], key_lengths=None)
        ),
        "NaN: exp(-inf - -inf), where a query has seen no key yet; or inf / inf, without the maximum": math.nan,
    }


def arguments_of(case: Case) -> dict[str, Any]:
    """Those that are not left at their default, copied."""
    more = {"causal": True} if case.causal else {}
    lengths = {} if case.key_lengths is None else {"key_lengths": np.array(case.key_lengths)}
    return {"q": case.q.copy(), "k": case.k.copy(), "v": case.v.copy(), "chunk": case.chunk, **more, **lengths}


def check_case(case: Case, got: Any = None, note: str = "", hint: str = "") -> None:
    """Hold the output to that of dense attention."""
    __tracebackhide__ = True
    got = kata.chunked_attention(**arguments_of(case)) if got is None else got
    asked, want = call("chunked_attention", **arguments_of(case)) + note, dense(case)
    wrong, hint = {} if hint else mistakes(case), hint or "keep a running maximum, sum of powers and output"
    check.close(got, want, asked=asked, atol=1e-10, mistakes=wrong, hint=hint)


@pytest.mark.example
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_worked_example(causal: bool) -> None:
    check_case(EXAMPLE._replace(causal=causal))


@pytest.mark.example
@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7])
def test_worked_example_with_maxima_in_different_chunks(chunk: int) -> None:
    check_case(FALLING._replace(chunk=chunk))


@pytest.mark.example
@pytest.mark.parametrize(
    "masks", [{"causal": True}, {"key_lengths": [3]}, {"causal": True, "key_lengths": [0]}], ids=str
)
def test_worked_example_of_masks_across_chunks(masks: dict[str, Any]) -> None:
    q = np.array([[[1.0], [-1.0], [0.5], [2.0]]])
    check_case(FALLING._replace(q=q, **masks))


@pytest.mark.law
@settings(max_examples=60)
@given(CASES)
def test_equals_dense_attention(case: Case) -> None:
    check_case(case)


@pytest.mark.law
@settings(max_examples=20)
@given(CASES)
def test_the_chunk_makes_no_difference(case: Case) -> None:
    chunks = range(1, case.k.shape[1] + 2)
    masks = case.causal, None if case.key_lengths is None else np.array(case.key_lengths)
    outputs = each(kata.chunked_attention, [(case.q, case.k, case.v, chunk, *masks) for chunk in chunks])
    for chunk, got in zip(chunks, outputs, strict=True):
        check_case(case._replace(chunk=chunk), got)


@pytest.mark.edge
def test_is_right_at_the_default_chunk() -> None:
    rng = np.random.default_rng(4)
    q, k, v = (rng.normal(size=(2, length, 3)) for length in (5, 600, 600))
    got = kata.chunked_attention(q.copy(), k.copy(), v.copy())
    check.close(got, dense_attention(q, k, v), asked="chunked_attention of 600 keys, chunk left out", hint="256")
    check.float_array(got, (2, 5, 3), asked="chunked_attention of 600 keys")


@pytest.mark.edge
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("places", [[0, 1, 2], [2, 1, 0], [1, 2, 0]], ids=["rising", "falling", "mixed"])
def test_large_scores_give_right_outputs(places: list[int], sign: float) -> None:
    k = np.array([0.5, 0.9999, 1.0])[places].reshape(1, 3, 1)
    case = Case(np.array([[[sign * 1e4], [3.0]]]), k, np.array([[[1.0], [2.0], [4.0]]]), 1)
    check_case(case)


@pytest.mark.edge
def test_no_query_sees_a_key_where_the_length_is_0() -> None:
    case = Case(np.ones((2, 3, 2)), np.ones((2, 5, 2)), np.ones((2, 5, 1)), 2, key_lengths=[0, 3])
    check_case(case)


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["uint8", "int64", "lists", "float32"])
def test_is_computed_in_float64(kind: str) -> None:
    q, k, v = (np.array(rows)[None] for rows in ([[16, 1], [3, 2]], [[16, 0], [16, 1], [15, 9]], [[200], [100], [3]]))
    given = [x.tolist() if kind == "lists" else x.astype(kind) for x in (q, k, v)]
    got = kata.chunked_attention(*given, chunk=2, key_lengths=[3])
    case = Case(q.astype(float), k.astype(float), v.astype(float), 2, key_lengths=[3])
    check_case(case, got, note=f" as {kind}", hint="np.asarray(x, dtype=np.float64) first")


MISFITS: dict[str, list[Any]] = {
    "q": [np.ones(shape) for shape in ((3, 4), (1, 3, 4), (2, 3, 5), (2, 0, 4))],
    "k": [np.ones(shape) for shape in ((5, 4), (1, 5, 4), (2, 1, 4), (2, 5, 1), (2, 0, 4))],
    "v": [np.ones(shape) for shape in ((5, 6), (1, 5, 6), (2, 1, 6), (2, 5, 0))],
    "chunk": [0, -1],
    "key_lengths": [[5], [[5], [5]], [5, 6], [-1, 5]],
}


@pytest.mark.edge
@pytest.mark.parametrize("name", MISFITS)
def test_arguments_that_do_not_fit_are_an_error(name: str) -> None:
    because = (
        "shapes must be q (2, n, 4), k (2, 5, 4), v (2, 5, d_v), key_lengths (2,) in 0 ... 5, and chunk at least 1"
    )
    for bad in MISFITS[name]:
        given = {"q": np.ones((2, 3, 4)), "k": np.ones((2, 5, 4)), "v": np.ones((2, 5, 6)), name: bad}
        asked = f"chunked_attention(...) with {name}: {f'shape {bad.shape}' if isinstance(bad, np.ndarray) else bad}"
        hint = "compare the shapes first: matmul broadcasts silently, and a slice of too few rows is no error"
        check.raises(ValueError, partial(kata.chunked_attention, **given), asked=asked, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    given = arguments_of(FALLING._replace(key_lengths=[3], causal=True))
    with check.untouched(asked="chunked_attention(q, k, v, chunk=2, key_lengths=[3])", **given):
        kata.chunked_attention(**given)


def close(rtol: float = 1e-9) -> Callable[..., None]:
    return partial(check.close, rtol=rtol, atol=1e-10)


@pytest.mark.speed
def test_is_nearly_as_fast_as_dense_attention(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        n, m = vary(rng, 2000), vary(rng, 500)
        q, k, v = (rng.normal(size=(1, length, 32)) for length in (n, m, m))
        return Contest(lambda: kata.chunked_attention(q, k, v, chunk=100), lambda: dense_attention(q, k, v))

    asked, hint = "n = 2000, m = 500, d = 32, chunk = 100", "one matrix product for all queries and a chunk of keys"
    race(contest, same=close(), at_least=1 / 3, versus="dense attention", asked=asked, hint=hint)


@pytest.mark.speed
@pytest.mark.parametrize(("chunk", "causal", "most"), [(256, False, 54), (32, True, 9)], ids=["default", "causal"])
def test_memory_of_a_long_text_is_bounded(memory: MemoryMeter, chunk: int, causal: bool, most: int) -> None:
    def task(rng: np.random.Generator) -> Task:
        q, k, v = rng.normal(size=(3, 1, vary(rng, 3000), 32))
        more: dict[str, Any] = {"chunk": chunk, "causal": True} if causal else {}
        rows = slice(-1, None) if causal else slice(None, None, 100)
        return Task(lambda: kata.chunked_attention(q, k, v, **more)[:, rows], lambda: dense_attention(q[:, rows], k, v))

    asked = f"n = m = 3000, d = 32, chunk = {chunk}, causal={causal}"
    hint = "all scores take 69 MiB, a mask for them 9, a chunk of 256 keys 6: sum up, and mask, chunk by chunk"
    memory(task, same=close(), at_most_mib=most, asked=asked, hint=hint)


@pytest.mark.speed
def test_memory_does_not_depend_on_the_number_of_keys(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        q, k, v = (rng.normal(size=(1, length, 1)) for length in (1, *(2 * [vary(rng, 1_000_000)])))
        return Task(lambda: kata.chunked_attention(q, k, v, chunk=1000), lambda: dense_attention(q, k, v))

    asked = "n = 1, m = 1 000 000, d = 1, chunk = 1000"
    hint = "an array of m numbers, or a copy of the keys, takes 7.6 MiB: chunks are of keys, and slices are views"
    memory(task, same=close(), at_most_mib=5, asked=asked, hint=hint)
