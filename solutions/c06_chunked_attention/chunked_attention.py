"""Exact attention by online softmax (Milakov and Gimelshein 2018; Rabe and Staats 2021): the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def chunked_attention(
    q: npt.ArrayLike,
    k: npt.ArrayLike,
    v: npt.ArrayLike,
    chunk: int = 256,
    causal: bool = False,
    key_lengths: npt.ArrayLike | None = None,
) -> FloatArray:
    """Return softmax(q k^T / sqrt(d)) v, shape (b, n, d_v), for q (b, n, d), k (b, m, d) and v (b, m, d_v).

    O(b n m d) time; beyond arguments and result O(b n (d + chunk)) memory. `causal`: query i sees keys 0 ... i;
    `key_lengths`: how many keys of each sample are real. A query that sees no key has zeros.
    """
    queries, keys, values = (_samples(x, name) for x, name in ((q, "q"), (k, "k"), (v, "v")))
    (b, n, d), m = queries.shape, keys.shape[1]
    if keys.shape != (b, m, d) or values.shape[:2] != (b, m):
        raise ValueError(f"k must have shape ({b}, m, {d}), and v ({b}, m, d_v), got {keys.shape} and {values.shape}")
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    lengths = np.full(b, m) if key_lengths is None else _lengths(key_lengths, b, m)

    scaled = queries / np.sqrt(d)
    # A finite start: a query that has seen nothing yet must not come to -inf - -inf, which is NaN.
    largest = np.full((b, n, 1), np.finfo(np.float64).min)
    total = np.zeros((b, n, 1))
    output = np.zeros((b, n, values.shape[2]))
    for start in range(0, m, chunk):
        part = slice(start, start + chunk)
        scores = scaled @ keys[:, part].swapaxes(1, 2)
        places = np.arange(start, start + scores.shape[2])
        hidden = places >= lengths[:, None, None]
        if causal:
            hidden = hidden | (places > np.arange(n)[:, None])
        np.copyto(scores, -np.inf, where=hidden)
        before, largest = largest, np.maximum(largest, scores.max(axis=2, keepdims=True))
        # What was summed so far is in units of exp(before); exp(before - largest) takes it to the new unit.
        decay = np.exp(before - largest)
        powers = np.exp(np.subtract(scores, largest, out=scores), out=scores)
        total = decay * total + powers.sum(axis=2, keepdims=True)
        output = decay * output + powers @ values[:, part]
    return np.asarray(output / np.where(total > 0, total, 1))


def _samples(x: npt.ArrayLike, name: str) -> FloatArray:
    """`x` as a float64 array of three axes, none of length zero."""
    array = np.asarray(x, dtype=np.float64)
    if array.ndim != 3 or array.size == 0:
        raise ValueError(f"{name} must have three axes, none of length zero, got shape {array.shape}")
    return array


def _lengths(key_lengths: npt.ArrayLike, b: int, m: int) -> npt.NDArray[np.int64]:
    """`key_lengths` as ints, shape (b,), each in 0 ... m."""
    lengths = np.asarray(key_lengths)
    if lengths.shape != (b,):
        raise ValueError(f"key_lengths must have shape ({b},), got shape {lengths.shape}")
    if lengths.min() < 0 or lengths.max() > m:
        raise ValueError(f"key_lengths must be in 0 ... {m}, got {lengths.min()} ... {lengths.max()}")
    return lengths
