"""Sample by sample, head by head, query by query, as from-scratch repositories write it."""

from __future__ import annotations

import itertools
import math

import numpy as np


def scaled_dot_product_attention(q, k, v, mask=None):
    q, k, v = np.array(q, dtype=float), np.array(k, dtype=float), np.array(v, dtype=float)
    if min(q.ndim, k.ndim, v.ndim) < 2 or 0 in q.shape + k.shape + v.shape:
        raise ValueError(f"bad shapes: q {q.shape}, k {k.shape}, v {v.shape}")
    if q.shape[:-2] != k.shape[:-2] or k.shape[:-1] != v.shape[:-1] or q.shape[-1] != k.shape[-1]:
        raise ValueError(f"shapes do not fit: q {q.shape}, k {k.shape}, v {v.shape}")
    n, m, d_k = q.shape[-2], k.shape[-2], k.shape[-1]
    weights = np.zeros((*q.shape[:-1], m))
    output = np.zeros((*q.shape[:-1], v.shape[-1]))
    if mask is None:
        mask = np.ones(weights.shape)
    mask = np.array(mask).astype(bool)
    if np.broadcast_shapes(mask.shape, weights.shape) != weights.shape:
        raise ValueError(f"mask of shape {mask.shape} does not fit {weights.shape}")
    mask = np.broadcast_to(mask, weights.shape)
    for index in itertools.product(*(range(size) for size in q.shape[:-2])):
        for i in range(n):
            seen = [j for j in range(m) if mask[(*index, i, j)]]
            if not seen:
                continue
            scores = [float(np.dot(q[(*index, i)], k[(*index, j)])) / math.sqrt(d_k) for j in seen]
            top = max(scores)
            exps = [math.exp(score - top) for score in scores]
            for j, e in zip(seen, exps, strict=True):
                weights[(*index, i, j)] = e / sum(exps)
                output[(*index, i)] += weights[(*index, i, j)] * v[(*index, j)]
    return output, weights


class MultiHeadAttention:
    def __init__(self, d_model, n_heads, random_state=None):
        if d_model <= 0 or n_heads <= 0:
            raise ValueError("d_model and n_heads must be positive")
        if d_model % n_heads != 0:
            raise ValueError("d_model must be divisible by n_heads")
        self.d_model = d_model
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        rng = np.random.default_rng(random_state)
        limit = math.sqrt(6 / (d_model + d_model))
        self.W_o = rng.uniform(-limit, limit, (d_model, d_model))
        self.W_q = rng.uniform(-limit, limit, (d_model, d_model))
        self.W_k = rng.uniform(-limit, limit, (d_model, d_model))
        self.W_v = rng.uniform(-limit, limit, (d_model, d_model))

    def forward(self, query, key=None, value=None, key_lengths=None, causal=False):
        if key is None:
            key = query
        if value is None:
            value = key
        query, key, value = (np.array(x, dtype=float) for x in (query, key, value))
        for x in (query, key, value):
            if x.ndim != 3 or x.size == 0 or x.shape[-1] != self.d_model:
                raise ValueError(f"expected (b, n, {self.d_model}), got {x.shape}")
        if not (len(query) == len(key) == len(value)) or key.shape != value.shape:
            raise ValueError("query, key and value do not fit")
        b, n, m = len(query), query.shape[1], key.shape[1]
        lengths = [m] * b if key_lengths is None else list(key_lengths)
        if len(lengths) != b or any(np.ndim(length) or not 0 <= length <= m for length in lengths):
            raise ValueError(f"key_lengths must be {b} numbers from 0 to {m}")
        output = np.zeros((b, n, self.d_model))
        weights = np.zeros((b, self.n_heads, n, m))
        for s in range(b):
            q, k, v = query[s] @ self.W_q, key[s] @ self.W_k, value[s] @ self.W_v
            mask = np.zeros((n, m), dtype=bool)
            for i in range(n):
                for j in range(m):
                    mask[i, j] = j < lengths[s] and (not causal or j <= i)
            heads = []
            for h in range(self.n_heads):
                cut = slice(h * self.d_head, (h + 1) * self.d_head)
                out, weights[s, h] = scaled_dot_product_attention(q[:, cut], k[:, cut], v[:, cut], mask)
                heads.append(out)
            output[s] = np.concatenate(heads, axis=1) @ self.W_o
        return output, weights
