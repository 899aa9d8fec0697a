"""Exact attention by online softmax (Milakov and Gimelshein 2018; Rabe and Staats 2021): forward and backward."""

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
    return _forward(*_prepared(q, k, v, chunk, key_lengths), chunk, causal)[0]


def chunked_attention_backward(
    dout: npt.ArrayLike,
    q: npt.ArrayLike,
    k: npt.ArrayLike,
    v: npt.ArrayLike,
    chunk: int = 256,
    causal: bool = False,
    key_lengths: npt.ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the gradients by q, k and v; the weights of a chunk are computed anew (Dao et al. 2022)."""
    queries, keys, values, lengths = _prepared(q, k, v, chunk, key_lengths)
    output, log_total = _forward(queries, keys, values, lengths, chunk, causal)
    upstream = _samples(dout, "dout")
    if upstream.shape != output.shape:
        raise ValueError(f"dout must have shape {output.shape}, got {upstream.shape}")
    scale = 1 / np.sqrt(queries.shape[2])
    scaled = queries * scale
    # What the softmax takes off: the mean of a row of the gradient by P, under P.
    mean = (upstream * output).sum(axis=2, keepdims=True)
    dq, dk, dv = np.zeros(queries.shape), np.empty(keys.shape), np.empty(values.shape)
    for start in range(0, keys.shape[1], chunk):
        part = slice(start, start + chunk)
        scores = _scores(scaled, keys[:, part], start, lengths, causal)
        weights = np.exp(np.subtract(scores, log_total, out=scores), out=scores)
        dv[:, part] = weights.swapaxes(1, 2) @ upstream
        slopes = upstream @ values[:, part].swapaxes(1, 2)
        slopes -= mean
        slopes *= weights
        dq += slopes @ keys[:, part]
        dk[:, part] = slopes.swapaxes(1, 2) @ scaled
    dq *= scale
    return dq, dk, dv


def _prepared(
    q: npt.ArrayLike, k: npt.ArrayLike, v: npt.ArrayLike, chunk: int, key_lengths: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """The arguments as arrays that fit, with all lengths."""
    queries, keys, values = (_samples(x, name) for x, name in ((q, "q"), (k, "k"), (v, "v")))
    (b, _, d), m = queries.shape, keys.shape[1]
    if keys.shape != (b, m, d) or values.shape[:2] != (b, m):
        raise ValueError(f"k must have shape ({b}, m, {d}), and v ({b}, m, d_v), got {keys.shape} and {values.shape}")
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    return queries, keys, values, np.full(b, m) if key_lengths is None else _lengths(key_lengths, b, m)


def _scores(
    scaled: FloatArray, keys: FloatArray, start: int, lengths: npt.NDArray[np.int64], causal: bool
) -> FloatArray:
    """The scores of a chunk of keys that begins at `start`, -inf where a key is hidden."""
    scores: FloatArray = scaled @ keys.swapaxes(1, 2)
    places = np.arange(start, start + scores.shape[2])
    hidden = places >= lengths[:, None, None]
    if causal:
        hidden = hidden | (places > np.arange(scaled.shape[1])[:, None])
    np.copyto(scores, -np.inf, where=hidden)
    return scores


def _forward(
    queries: FloatArray,
    keys: FloatArray,
    values: FloatArray,
    lengths: npt.NDArray[np.int64],
    chunk: int,
    causal: bool,
) -> tuple[FloatArray, FloatArray]:
    """The output, and for each query (b, n, 1) the logarithm of the sum of the exponentials of its scores."""
    b, n, d = queries.shape
    scaled = queries / np.sqrt(d)
    # A finite start: a query that has seen nothing yet must not come to -inf - -inf, which is NaN.
    largest = np.full((b, n, 1), np.finfo(np.float64).min)
    total = np.zeros((b, n, 1))
    output = np.zeros((b, n, values.shape[2]))
    for start in range(0, keys.shape[1], chunk):
        part = slice(start, start + chunk)
        scores = _scores(scaled, keys[:, part], start, lengths, causal)
        before, largest = largest, np.maximum(largest, scores.max(axis=2, keepdims=True))
        # What was summed so far is in units of exp(before); exp(before - largest) takes it to the new unit.
        decay = np.exp(before - largest)
        powers = np.exp(np.subtract(scores, largest, out=scores), out=scores)
        total = decay * total + powers.sum(axis=2, keepdims=True)
        output = decay * output + powers @ values[:, part]
    total = np.where(total > 0, total, 1)
    return np.asarray(output / total), largest + np.log(total)


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
