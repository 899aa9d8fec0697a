"""Indices instead of transposes: weights as (d_model, heads, d_head) in einsum, and masks as additive terms."""

from __future__ import annotations

import numpy as np


def scaled_dot_product_attention(q, k, v, mask=None):
    q, k, v = (np.asarray(x).astype(np.float64) for x in (q, k, v))
    for name, x in (("q", q), ("k", k), ("v", v)):
        if x.ndim < 2 or not x.size:
            raise ValueError(f"{name} must be (..., length, size), got {x.shape}")
    if q.shape[:-2] != k.shape[:-2] or q.shape[-1] != k.shape[-1]:
        raise ValueError(f"q and k do not fit: {q.shape}, {k.shape}")
    if v.shape[:-1] != k.shape[:-1]:
        raise ValueError(f"k and v do not fit: {k.shape}, {v.shape}")
    scores = np.einsum("...nd,...md->...nm", q / k.shape[-1] ** 0.5, k)
    shape = scores.shape
    if mask is not None:
        scores = scores + np.where(mask, 0.0, -np.inf)
        if scores.shape != shape:
            raise ValueError(f"mask must broadcast to {shape}")
    top = scores.max(-1, keepdims=True)
    top[top == -np.inf] = 0
    weights = np.exp(scores - top)
    total = weights.sum(-1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total != 0)
    return np.einsum("...nm,...mv->...nv", weights, v), weights


class MultiHeadAttention:
    def __init__(self, d_model, n_heads, random_state=None):
        if not (d_model >= 1 and n_heads >= 1 and d_model % n_heads == 0):
            raise ValueError(f"d_model={d_model} must be a multiple of n_heads={n_heads}, both at least 1")
        rng = np.random.default_rng(random_state)
        self.shape = (d_model, n_heads, d_model // n_heads)
        self.W_q = rng.standard_normal((d_model, d_model)) / np.sqrt(d_model)
        self.W_k = rng.standard_normal((d_model, d_model)) / np.sqrt(d_model)
        self.W_v = rng.standard_normal((d_model, d_model)) / np.sqrt(d_model)
        self.W_o = rng.standard_normal((d_model, d_model)) / np.sqrt(d_model)

    def forward(self, query, key=None, value=None, key_lengths=None, causal=False):
        query = np.asarray(query, dtype=float)
        key = query if key is None else np.asarray(key, dtype=float)
        value = key if value is None else np.asarray(value, dtype=float)
        for x in (query, key, value):
            if x.ndim != 3 or x.shape[-1] != self.shape[0]:
                raise ValueError(f"query, key and value must be (b, n, {self.shape[0]}), got {x.shape}")
        q, k, v = (
            np.einsum("bnd,dhe->bhne", x, np.reshape(W, self.shape))
            for x, W in ((query, self.W_q), (key, self.W_k), (value, self.W_v))
        )
        b, n, m = len(query), query.shape[1], key.shape[1]
        mask = np.ones((1, 1, n, m), dtype=bool)
        if causal:
            mask = np.tril(mask)
        if key_lengths is not None:
            lengths = np.asarray(key_lengths)
            if lengths.shape != (b,) or (lengths < 0).any() or (lengths > m).any():
                raise ValueError(f"key_lengths must be {b} numbers in 0 ... {m}, got {lengths}")
            mask = mask & (np.arange(m) < lengths.reshape(b, 1, 1, 1))
        out, weights = scaled_dot_product_attention(q, k, v, mask)
        W_o = np.reshape(self.W_o, (*self.shape[1:], self.shape[0]))
        return np.einsum("bhne,hed->bnd", out, W_o), weights
