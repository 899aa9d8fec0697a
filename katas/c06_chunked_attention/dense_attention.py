"""The slow and obvious version, right but with an array of n * m scores: what the suite compares with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def dense_attention(
    q: FloatArray,
    k: FloatArray,
    v: FloatArray,
    causal: bool = False,
    key_lengths: npt.NDArray[np.int64] | None = None,
) -> FloatArray:
    """Return softmax(q k^T / sqrt(d)) v, shape (b, n, d_v), for float64 arrays q (b, n, d), k (b, m, d), v (b, m, d_v).

    With `causal`, query i sees keys 0 ... i; with `key_lengths`, (b,), those of sample s see keys 0 ... key_lengths[s] - 1.
    A query that sees no key has zeros.
    """
    scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[2])
    i, j = np.arange(q.shape[1])[:, None], np.arange(k.shape[1])
    if causal:
        scores[:, j > i] = -np.inf
    if key_lengths is not None:
        scores[np.broadcast_to(j >= np.asarray(key_lengths)[:, None, None], scores.shape)] = -np.inf
    largest = scores.max(axis=2, keepdims=True)
    powers = np.exp(scores - np.where(np.isinf(largest), 0.0, largest))
    total = powers.sum(axis=2, keepdims=True)
    weights = powers / np.where(total == 0, 1.0, total)
    return np.asarray(weights @ v)
