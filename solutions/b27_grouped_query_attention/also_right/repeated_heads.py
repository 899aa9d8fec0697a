"""Keys and values are repeated for every query head, as in most model code."""

import numpy as np


def grouped_query_attention(q, k, v, causal=False, window=None):
    q, k, v = np.array(q, dtype=float), np.array(k, dtype=float), np.array(v, dtype=float)
    for name, array in (("q", q), ("k", k), ("v", v)):
        if array.ndim != 4 or 0 in array.shape:
            raise ValueError(f"{name} must have four axes of length at least 1, got {array.shape}")
    b, h, n, d = q.shape
    if k.shape[0] != b or k.shape[3] != d:
        raise ValueError(f"keys {k.shape} do not fit queries {q.shape}")
    if v.shape[:3] != k.shape[:3]:
        raise ValueError(f"values {v.shape} do not fit keys {k.shape}")
    g, m = k.shape[1], k.shape[2]
    if h % g != 0:
        raise ValueError(f"{g} key heads do not divide {h} query heads")
    if window is not None and (window <= 0 or window % 1 != 0):
        raise ValueError(f"window = {window}")
    if (causal or window is not None) and n > m:
        raise ValueError(f"{n} queries cannot be the last of {m} positions")

    k, v = np.repeat(k, h // g, axis=1), np.repeat(v, h // g, axis=1)
    scores = np.einsum("bhnd,bhmd->bhnm", q, k) / np.sqrt(d)
    allowed = np.ones((n, m), dtype=bool)
    if causal:
        allowed = np.tril(allowed, k=m - n)
    if window is not None:
        allowed &= np.triu(np.ones((n, m), dtype=bool), k=m - n - int(window) + 1)
        allowed &= np.tril(np.ones((n, m), dtype=bool), k=m - n + int(window) - 1)
    scores[:, :, ~allowed] = -np.inf
    scores -= scores.max(-1, keepdims=True)
    p = np.exp(scores)
    return np.einsum("bhnm,bhmd->bhnd", p / p.sum(-1, keepdims=True), v)
