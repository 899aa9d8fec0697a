"""Grouped-query attention, causal and with a sliding window: the reference."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def grouped_query_attention(
    q: npt.ArrayLike, k: npt.ArrayLike, v: npt.ArrayLike, causal: bool = False, window: int | None = None
) -> Float64Array:
    """Return the attention (b, H, n, d_v) of q (b, H, n, d) to k (b, G, m, d) and v (b, G, m, d_v); G divides H.

    Ainslie et al.: GQA, 2023. Raises `ValueError` for shapes that do not fit and windows below 1.
    """
    queries, keys, values = (np.asarray(array, dtype=np.float64) for array in (q, k, v))
    _check(queries, keys, values, positions_count=causal or window is not None)
    if window is not None and (window < 1 or window != int(window)):
        raise ValueError(f"window must be None or a whole number of at least 1, got {window}")
    b, heads, n, d = queries.shape
    groups, m = keys.shape[1:3]
    # Query heads that share a key head stand side by side, so an axis of their own lets keys broadcast: nothing is copied.
    grouped = queries.reshape(b, groups, heads // groups, n, d)
    scores = grouped @ keys[:, :, None].swapaxes(-1, -2) / math.sqrt(d)
    distance = np.arange(m - n, m)[:, None] - np.arange(m)  # of the query from the key, in positions
    if causal:
        scores = np.where(distance >= 0, scores, -np.inf)
    if window is not None:
        scores = np.where(np.abs(distance) < window, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    output: Float64Array = (weights @ values[:, :, None]).reshape(b, heads, n, -1)
    return output


def _check(q: Float64Array, k: Float64Array, v: Float64Array, *, positions_count: bool) -> None:
    """Raise `ValueError` for shapes that do not fit."""
    shapes = f"got q {q.shape}, k {k.shape}, v {v.shape}"
    if any(array.ndim != 4 or array.size == 0 for array in (q, k, v)):
        raise ValueError(f"q, k and v must have four axes, none of length zero, {shapes}")
    if k.shape[:3] != v.shape[:3] or q.shape[0] != k.shape[0] or q.shape[3] != k.shape[3]:
        raise ValueError(f"q must be (b, H, n, d), k (b, G, m, d) and v (b, G, m, d_v), {shapes}")
    if q.shape[1] % k.shape[1]:
        raise ValueError(f"the number of key heads must divide that of query heads, {shapes}")
    if positions_count and q.shape[2] > k.shape[2]:
        raise ValueError(f"queries must be the last of the keys' positions, so at most as many, {shapes}")
