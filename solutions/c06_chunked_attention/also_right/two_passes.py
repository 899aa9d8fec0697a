"""Two passes over the keys: the maxima first, then sums that need no rescaling; scores are computed twice."""

from __future__ import annotations

import numpy as np


def chunked_attention(q, k, v, chunk=256, causal=False, key_lengths=None):
    q, k, v = (np.asarray(x, dtype=np.float64) for x in (q, k, v))
    for x in (q, k, v):
        if x.ndim != 3 or x.size == 0:
            raise ValueError(f"expected (b, length, size), got {x.shape}")
    if q.shape[::2] != k.shape[::2] or k.shape[:2] != v.shape[:2]:
        raise ValueError(f"q, k and v do not fit: {q.shape}, {k.shape}, {v.shape}")
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    b, n, d = q.shape
    m = k.shape[1]
    ends = np.full((b,), m) if key_lengths is None else np.asarray(key_lengths)
    if ends.shape != (b,) or np.any(ends < 0) or np.any(ends > m):
        raise ValueError(f"key_lengths must be {b} numbers in 0 ... {m}, got {ends}")

    def chunks():
        for start in range(0, m, chunk):
            j = np.arange(start, min(m, start + chunk))
            scores = np.einsum("bnd,bmd->bnm", q, k[:, j[0] : j[-1] + 1], optimize=True)
            scores /= d**0.5
            seen = j < ends.reshape(b, 1, 1)
            if causal:
                seen = seen & (j <= np.arange(n).reshape(n, 1))
            yield j, np.where(seen, scores, -np.inf)

    top = np.full((b, n), -np.inf)
    for _, scores in chunks():
        top = np.maximum(top, scores.max(axis=-1))
    top[np.isinf(top)] = 0.0
    total, out = np.zeros((b, n)), np.zeros((b, n, v.shape[2]))
    for j, scores in chunks():
        powers = np.exp(scores - top[..., None])
        total += powers.sum(axis=-1)
        out += powers @ v[:, j[0] : j[-1] + 1]
    return np.divide(out, total[..., None], out=np.zeros_like(out), where=total[..., None] > 0)
