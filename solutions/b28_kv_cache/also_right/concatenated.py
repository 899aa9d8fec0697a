"""The cache is concatenated at each call, as in simple model code."""

import numpy as np


class CachedAttention:
    def __init__(self, d_model, n_heads, max_length, random_state=None):
        for size in (d_model, n_heads, max_length):
            if size % 1 != 0 or size <= 0:
                raise ValueError(f"not a size: {size}")
        if d_model // n_heads * n_heads != d_model:
            raise ValueError("d_model must be a multiple of n_heads")
        rng = random_state if isinstance(random_state, np.random.Generator) else np.random.default_rng(random_state)
        limit = 1 / np.sqrt(d_model)
        self.W_q, self.W_k, self.W_v, self.W_o = (rng.uniform(-limit, limit, (d_model, d_model)) for _ in range(4))
        self.h, self.max_length = n_heads, max_length
        self.k = self.v = np.zeros((0, d_model))

    @property
    def length(self):
        return self.k.shape[0]

    def prefill(self, x):
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 2 or 0 in x.shape or x.shape[1] != self.k.shape[1]:
            raise ValueError(f"wrong shape {x.shape}")
        past, n = self.length, len(x)
        if past + n > self.max_length:
            raise ValueError(f"{past} + {n} tokens are more than {self.max_length}")
        self.k = np.concatenate([self.k, x @ self.W_k])
        self.v = np.concatenate([self.v, x @ self.W_v])
        q, k, v = (a.reshape(len(a), self.h, -1) for a in (x @ self.W_q, self.k, self.v))
        scores = np.einsum("nhd,mhd->hnm", q, k) / np.sqrt(q.shape[2])
        scores[:, ~np.tril(np.ones((n, past + n), dtype=bool), k=past)] = -np.inf
        p = np.exp(scores - scores.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        return np.einsum("hnm,mhd->nhd", p, v).reshape(n, -1) @ self.W_o

    def decode(self, x):
        x = np.asarray(x, dtype=np.float64)
        if x.ndim != 1:
            raise ValueError("decode takes one token")
        return self.prefill(x[None, :])[0]

    def truncate(self, length):
        if not (0 <= length <= self.length) or int(length) != length:
            raise ValueError(f"{length} is not from 0 to {self.length}")
        self.k, self.v = self.k[: int(length)], self.v[: int(length)]
