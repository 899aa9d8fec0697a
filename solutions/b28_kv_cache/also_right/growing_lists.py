"""Keys and values in lists, one entry a token; a token at a time, head by head."""

import numpy as np


class CachedAttention:
    def __init__(self, d_model, n_heads, max_length, random_state=None):
        if min(d_model, n_heads, max_length) < 1 or any(int(s) != s for s in (d_model, n_heads, max_length)):
            raise ValueError("sizes must be positive whole numbers")
        if d_model % n_heads != 0:
            raise ValueError(f"{n_heads} heads do not divide a width of {d_model}")
        rng = np.random.default_rng(random_state)
        self.W_q = rng.standard_normal((d_model, d_model)) * 0.1
        self.W_k = rng.standard_normal((d_model, d_model)) * 0.1
        self.W_v = rng.standard_normal((d_model, d_model)) * 0.1
        self.W_o = rng.standard_normal((d_model, d_model)) * 0.1
        self.d_model, self.n_heads, self.max_length = d_model, n_heads, max_length
        self.keys, self.values = [], []

    @property
    def length(self):
        return len(self.keys)

    def _step(self, token):
        self.keys.append(token @ self.W_k)
        self.values.append(token @ self.W_v)
        query, keys, values = token @ self.W_q, np.array(self.keys), np.array(self.values)
        d = self.d_model // self.n_heads
        heads = []
        for h in range(self.n_heads):
            part = slice(h * d, (h + 1) * d)
            scores = keys[:, part] @ query[part] / d**0.5
            weights = np.exp(scores - scores.max())
            heads.append(weights @ values[:, part] / weights.sum())
        return np.concatenate(heads) @ self.W_o

    def prefill(self, x):
        x = np.array(x, dtype=float)
        if x.ndim != 2 or x.shape[0] == 0 or x.shape[1] != self.d_model:
            raise ValueError(f"expected tokens of width {self.d_model}, got {x.shape}")
        if self.length + len(x) > self.max_length:
            raise ValueError("the cache is too small for these tokens")
        return np.array([self._step(token) for token in x])

    def decode(self, x):
        x = np.array(x, dtype=float)
        if x.shape != (self.d_model,):
            raise ValueError(f"expected one token of width {self.d_model}, got {x.shape}")
        if self.length >= self.max_length:
            raise ValueError("the cache is full")
        return self._step(x)

    def truncate(self, length):
        if length < 0 or length > self.length or length % 1 != 0:
            raise ValueError(f"cannot truncate {self.length} tokens to {length}")
        del self.keys[int(length) :]
        del self.values[int(length) :]
