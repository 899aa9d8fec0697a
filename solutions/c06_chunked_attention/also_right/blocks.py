"""Blocks of queries and of keys, sample by sample, as in FlashAttention; future and padding are not even looked at."""

from __future__ import annotations

import math

import numpy as np


def chunked_attention(q, k, v, chunk=256, causal=False, key_lengths=None):
    q, k, v = np.asarray(q, dtype=float), np.asarray(k, dtype=float), np.asarray(v, dtype=float)
    if not (q.ndim == k.ndim == v.ndim == 3) or 0 in q.shape + k.shape + v.shape:
        raise ValueError(f"q, k and v must have three axes: {q.shape}, {k.shape}, {v.shape}")
    if not (len(q) == len(k) == len(v)) or q.shape[2] != k.shape[2] or k.shape[1] != v.shape[1]:
        raise ValueError(f"shapes do not fit: {q.shape}, {k.shape}, {v.shape}")
    if chunk <= 0:
        raise ValueError("chunk must be positive")
    B, N, D = q.shape
    M = k.shape[1]
    if key_lengths is None:
        key_lengths = [M] * B
    if np.shape(key_lengths) != (B,) or any(not 0 <= length <= M for length in key_lengths):
        raise ValueError(f"key_lengths must be {B} numbers in 0 ... {M}")
    out = np.zeros((B, N, v.shape[2]))
    for s in range(B):
        for i in range(0, N, max(chunk, 64)):
            rows = q[s, i : i + max(chunk, 64)] / math.sqrt(D)
            r = len(rows)
            m = np.full(r, -np.inf)
            total = np.zeros(r)
            acc = np.zeros((r, v.shape[2]))
            end = int(key_lengths[s])
            if causal:
                end = min(end, i + r)
            for j in range(0, end, chunk):
                stop = min(j + chunk, end)
                S = rows @ k[s, j:stop].T
                if causal and stop > i + 1:
                    S[np.arange(j, stop)[None, :] > np.arange(i, i + r)[:, None]] = -np.inf
                m_new = np.maximum(m, S.max(axis=1))
                safe = np.where(m_new == -np.inf, 0.0, m_new)
                P = np.exp(S - safe[:, None])
                alpha = np.exp(m - safe)
                total = alpha * total + P.sum(axis=1)
                acc = alpha[:, None] * acc + P @ v[s, j:stop]
                m = m_new
            total[total == 0] = 1
            out[s, i : i + r] = acc / total[:, None]
    return out
