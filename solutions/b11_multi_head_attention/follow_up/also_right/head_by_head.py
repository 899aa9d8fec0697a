"""Head by head in a loop, with scores and all masks as one additive term."""

from __future__ import annotations

import math

import numpy as np


def alibi_slopes(n_heads):
    if n_heads < 1:
        raise ValueError("there must be at least one head")
    ratio = 2 ** (-8 / n_heads)
    return np.array([ratio ** (h + 1) for h in range(n_heads)])


def softmax(scores):
    top = np.max(scores, axis=-1, keepdims=True)
    top = np.where(np.isinf(top), 0.0, top)
    e = np.exp(scores - top)
    total = e.sum(axis=-1, keepdims=True)
    total[total == 0] = 1.0
    return e / total


def scaled_dot_product_attention(q, k, v, mask=None):
    q, k, v = (np.array(x, dtype=float) for x in (q, k, v))
    if any(x.ndim < 2 or x.size == 0 for x in (q, k, v)):
        raise ValueError("q, k and v must have two axes at least, and none of length zero")
    if q.shape[:-2] != k.shape[:-2] or q.shape[-1] != k.shape[-1] or k.shape[:-1] != v.shape[:-1]:
        raise ValueError(f"shapes do not fit: {q.shape}, {k.shape}, {v.shape}")
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = np.where(np.broadcast_to(mask, scores.shape), scores, -np.inf)
    weights = softmax(scores)
    return weights @ v, weights


class MultiHeadAttention:
    def __init__(self, d_model, n_heads, random_state=None):
        if d_model < 1 or n_heads < 1 or d_model % n_heads != 0:
            raise ValueError(f"n_heads must divide d_model, got {d_model} and {n_heads}")
        rng = np.random.default_rng(random_state)
        self.d_model, self.n_heads = d_model, n_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, rng.uniform(-1, 1, (d_model, d_model)) / math.sqrt(d_model))

    def forward(self, query, key=None, value=None, key_lengths=None, causal=False, alibi=False, window=None):
        if window is not None and window < 1:
            raise ValueError(f"window must be at least 1, got {window}")
        query = np.array(query, dtype=float)
        key = query if key is None else np.array(key, dtype=float)
        value = key if value is None else np.array(value, dtype=float)
        for x in (query, key, value):
            if x.ndim != 3 or x.shape[2] != self.d_model or x.size == 0:
                raise ValueError(f"expected shape (b, n, {self.d_model}), got {x.shape}")
        if len(query) != len(key) or key.shape != value.shape:
            raise ValueError(f"shapes do not fit: {query.shape}, {key.shape}, {value.shape}")
        b, n, m, d = len(query), query.shape[1], key.shape[1], self.d_model // self.n_heads
        lengths = np.full(b, m) if key_lengths is None else np.array(key_lengths)
        if lengths.shape != (b,) or np.any((lengths < 0) | (lengths > m)):
            raise ValueError(f"key_lengths must be {b} numbers in 0 ... {m}")
        i, j = np.arange(n).reshape(n, 1), np.arange(m).reshape(1, m)
        hidden = j[None] >= lengths.reshape(b, 1, 1)
        if causal:
            hidden = hidden | (j > i)
        if window is not None:
            hidden = hidden | (j <= i - window) | (j >= i + window)
        penalty = np.where(np.broadcast_to(hidden, (b, n, m)), -np.inf, 0.0)
        slopes = alibi_slopes(self.n_heads) if alibi else np.zeros(self.n_heads)
        outputs, weights = [], []
        for h in range(self.n_heads):
            s = slice(h * d, (h + 1) * d)
            q, k, v = query @ self.W_q[:, s], key @ self.W_k[:, s], value @ self.W_v[:, s]
            w = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(d) + penalty - slopes[h] * abs(i - j))
            outputs.append(w @ v)
            weights.append(w)
        return np.concatenate(outputs, axis=2) @ self.W_o, np.stack(weights, axis=1)
