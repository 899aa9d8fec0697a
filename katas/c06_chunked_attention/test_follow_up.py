"""Follow-up of C06: the gradients of chunked attention, against the dense formulas, differences, and a bound on memory."""

from __future__ import annotations

from functools import partial
from typing import Any

import chunked_attention as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import call
from harness.suite.speed import MemoryMeter, Task, vary
from harness.suite.strategies import Float64Array

Gradients = tuple[Float64Array, Float64Array, Float64Array]
NAMES = ("dq", "dk", "dv")


def dense(
    dout: Any, q: Any, k: Any, v: Any, slip: str = "", causal: bool = False, key_lengths: Any = None, chunk: int = 256
) -> Gradients:
    """The gradients by the formulas, with all weights at once; `slip` is a mistake."""
    dout, q, k, v = (np.asarray(x, dtype=float) for x in (dout, q, k, v))
    (b, n, d), m = q.shape, k.shape[1]
    earlier = np.arange(m) <= np.arange(n)[:, None] if causal else np.ones((n, m), dtype=bool)
    real = np.arange(m) < np.asarray(key_lengths if key_lengths is not None else [m] * b)[:, None, None]
    raw = q @ k.swapaxes(1, 2) / np.sqrt(d)
    scores = np.where(earlier & real, raw, -np.inf)
    top = np.maximum(scores.max(axis=2, keepdims=True), -1e300)
    total = np.exp(scores - top).sum(axis=2, keepdims=True)
    total = np.where(total > 0, total, 1)
    along = dout @ v.swapaxes(1, 2)
    mean = (np.exp(scores - top) / total * along).sum(axis=2, keepdims=True)
    if slip in ("not causal", "all keys"):  # when P is computed anew
        scores = np.where(real if slip == "not causal" else earlier, raw, -np.inf)
    p = np.exp(scores - top) / (1 if slip == "powers" else total)
    ds = p * (along - (0 if slip == "no mean" else along.mean(axis=2, keepdims=True) if slip == "plain mean" else mean))
    if slip == "chunk means":
        parts = [slice(start, start + chunk) for start in range(0, m, chunk)]
        means = [np.broadcast_to((p * along)[..., s].sum(axis=2, keepdims=True), p[..., s].shape) for s in parts]
        ds = p * (along - np.concatenate(means, axis=2))
    dq, dk = ds @ k, ds.swapaxes(1, 2) @ q
    scale = 1.0 if slip == "no scale" else 1 / d if slip == "scaled twice" else 1 / np.sqrt(d)
    if slip == "last chunk":
        first = (m - 1) // chunk * chunk
        dq = ds[..., first:] @ k[:, first:]
    return dq * scale, dk * scale, p.swapaxes(1, 2) @ dout


SLIPS = {
    "the mean of the gradient under P is not taken off: dS = P (dP - rowsum(dO O))": "no mean",
    "the plain mean is taken off: it is weighted by P, rowsum(dO O)": "plain mean",
    "each chunk takes off a mean of its own: rowsum(dO O) is over all keys": "chunk means",
    "1 / sqrt(d) is missing": "no scale",
    "1 / sqrt(d) is there twice": "scaled twice",
    "the causal mask is missing when P is computed anew": "not causal",
    "key_lengths are not heeded when P is computed anew": "all keys",
    "exponentials in place of weights: divide by their sum": "powers",
    "dq is that of the last chunk: add the chunks up": "last chunk",
}


def check_gradients(dout: Any, q: Any, k: Any, v: Any, **more: Any) -> None:
    """Hold the three gradients to the dense ones."""
    __tracebackhide__ = True
    given_ = [np.array(x, copy=True) for x in (dout, q, k, v)]
    asked = call("chunked_attention_backward", dout, q, k, v, **more)
    got = kata.chunked_attention_backward(*given_, **more)
    check.true(isinstance(got, tuple) and len(got) == 3, asked=asked, came=got, expected="(dq, dk, dv)")
    for i, (name, came, want) in enumerate(zip(NAMES, got, dense(dout, q, k, v, **more), strict=True)):
        mistakes: dict[str, Any] = {
            text: partial(lambda slip, i: dense(dout, q, k, v, slip, **more)[i], slip, i)
            for text, slip in SLIPS.items()
        }
        if name != "dq":
            mistakes.pop("dq is that of the last chunk: add the chunks up")
        mistakes["NaN: a query that sees no key has -inf - -inf; weights there are 0"] = float("nan")
        check.close(came, want, asked=f"{asked}: {name}", mistakes=mistakes, atol=1e-10)


def sample(seed: int, b: int, n: int, m: int, d: int, d_v: int) -> list[Float64Array]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in ((b, n, d_v), (b, n, d), (b, m, d), (b, m, d_v))]


@pytest.mark.example
@pytest.mark.parametrize("causal", [False, True])
def test_worked_example(causal: bool) -> None:
    q, k, v = [[[2.0], [0.0]]], [[[0.0], [1.0], [3.0]]], [[[1.0], [2.0], [4.0]]]
    check_gradients([[[1.0], [1.0]]], q, k, v, chunk=2, causal=causal)


@pytest.mark.law
@given(
    st.tuples(st.integers(0, 10**6), *[st.integers(1, 7)] * 2, *[st.integers(1, 5)] * 2),
    st.integers(1, 8),
    st.booleans(),
)
def test_equals_the_dense_formulas(case: tuple[int, int, int, int, int], chunk: int, causal: bool) -> None:
    seed, n, m, d, d_v = case
    check_gradients(*sample(seed, 2, n, m, d, d_v), chunk=chunk, causal=causal, key_lengths=[m, seed % (m + 1)])


@pytest.mark.example
def test_is_the_slope_of_the_output() -> None:
    dout, q, k, v = sample(5, 1, 3, 5, 2, 2)

    def losses(points: list[Float64Array]) -> list[float]:
        return [float((np.asarray(kata.chunked_attention(x, k, v, chunk=2, causal=True)) * dout).sum()) for x in points]

    dq = kata.chunked_attention_backward(dout, q, k, v, chunk=2, causal=True)[0]
    check.gradient(dq, losses, q, asked="dq of 3 causal queries and 5 keys, chunk=2, by differences", name="q")


@pytest.mark.edge
def test_masks_default_chunk_and_large_scores() -> None:
    check_gradients(*sample(1, 3, 4, 6, 2, 3), key_lengths=[0, 6, 2], chunk=4)
    check_gradients(*sample(2, 1, 40, 300, 3, 2))
    for sign in (1, -1):
        dout, q, _, v = sample(3, 1, 3, 6, 1, 1)
        check_gradients(dout, 100.0 * q, sign * np.array([0, 100.0, 1, 99, 98.9, -100])[None, :, None], v, chunk=2)


@pytest.mark.edge
def test_arguments_that_do_not_fit_are_an_error_and_others_stay() -> None:
    dout, q, k, v = sample(4, 2, 3, 4, 2, 3)
    backward = kata.chunked_attention_backward
    for bad in (dout[:1], dout[:, :1], dout[..., :1], dout[0]):
        asked, because = call("chunked_attention_backward", bad, q, k, v), "dout has the shape of the output"
        hint = "compare the shapes: (2, 1, 3) broadcasts"
        check.raises(ValueError, partial(backward, bad, q, k, v), asked=asked, because=because, hint=hint)
    check.raises(ValueError, partial(backward, dout, q, k, v, chunk=0), asked="chunk=0", because="chunk is at least 1")
    with check.untouched(dout=dout, q=q, k=k, v=v, asked="chunked_attention_backward(dout, q, k, v)"):
        backward(dout, q, k, v, chunk=2)


@pytest.mark.speed
def test_memory_is_bounded(memory: MemoryMeter) -> None:
    def task(rng: np.random.Generator) -> Task:
        dout, q, k, v = rng.normal(size=(4, 1, vary(rng, 3000), 32))
        backward = partial(kata.chunked_attention_backward, dout, q, k, v, chunk=64)
        return Task(lambda: [g[:, :3] for g in backward()], lambda: [g[:, :3] for g in dense(dout, q, k, v)])

    asked, hint = "n = m = 3000, d = 32, chunk = 64", "all weights take 69 MiB: compute those of a chunk anew"
    memory(task, same=partial(check.close, rtol=1e-8), at_most_mib=24, asked=asked, hint=hint)
