"""Causal multi-head attention that keeps keys and values: the reference."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class CachedAttention:
    """Causal attention over one sequence, which comes in parts. Weights W_q, W_k, W_v, W_o; `length` tokens are cached."""

    def __init__(
        self, d_model: int, n_heads: int, max_length: int, random_state: int | np.random.Generator | None = None
    ) -> None:
        sizes = {"d_model": d_model, "n_heads": n_heads, "max_length": max_length}
        for name, size in sizes.items():
            if size < 1 or size != int(size):
                raise ValueError(f"{name} must be a whole number of at least 1, got {size}")
        if d_model % n_heads:
            raise ValueError(f"n_heads must divide d_model, got {n_heads} and {d_model}")
        rng = np.random.default_rng(random_state)
        shape = (4, int(d_model), int(d_model))
        self.W_q, self.W_k, self.W_v, self.W_o = rng.normal(0.0, min(1.0, 1 / math.sqrt(d_model)), shape)
        # Room for all tokens once: appending would copy the whole cache at each of them.
        self._keys = np.empty((int(n_heads), int(max_length), int(d_model) // int(n_heads)))
        self._values = np.empty_like(self._keys)
        self.length = 0

    def prefill(self, x: npt.ArrayLike) -> Float64Array:
        """Return the outputs of the next n tokens (n, d_model). Raises `ValueError` for a wrong shape or no room."""
        tokens = np.asarray(x, dtype=np.float64)
        d_model = len(self.W_q)
        if tokens.ndim != 2 or len(tokens) == 0 or tokens.shape[1] != d_model:
            raise ValueError(f"x must have shape (n, {d_model}), n at least 1, got {tokens.shape}")
        return self._append(tokens)

    def decode(self, x: npt.ArrayLike) -> Float64Array:
        """Return the output of the next token (d_model,). Raises `ValueError` for a wrong shape or no room."""
        token = np.asarray(x, dtype=np.float64)
        if token.shape != (len(self.W_q),):
            raise ValueError(f"x must have shape ({len(self.W_q)},), got {token.shape}")
        output: Float64Array = self._append(token[None])[0]
        return output

    def truncate(self, length: int) -> None:
        """Forget all tokens from position `length` on. Raises `ValueError` when it is not from 0 to `self.length`."""
        if not 0 <= length <= self.length or length != int(length):
            raise ValueError(f"length must be a whole number from 0 to {self.length}, got {length}")
        self.length = int(length)

    def _append(self, tokens: Float64Array) -> Float64Array:
        """Keep keys and values of the tokens, shape (n, d_model), and return their outputs."""
        heads, room, d = self._keys.shape
        before, after = self.length, self.length + len(tokens)
        if after > room:
            raise ValueError(f"there is room for {room} tokens, got {len(tokens)} after {before}")
        self._keys[:, before:after] = self._split(tokens @ self.W_k)
        self._values[:, before:after] = self._split(tokens @ self.W_v)
        self.length = after
        scores = self._split(tokens @ self.W_q) @ self._keys[:, :after].swapaxes(1, 2) / math.sqrt(d)
        is_future = np.arange(after) > np.arange(before, after)[:, None]
        scores = np.where(is_future, -np.inf, scores)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        joined = (weights @ self._values[:, :after]).swapaxes(0, 1).reshape(len(tokens), heads * d)
        output: Float64Array = joined @ self.W_o
        return output

    def _split(self, rows: Float64Array) -> Float64Array:
        """Rows (n, d_model) by heads, shape (n_heads, n, d)."""
        heads, _, d = self._keys.shape
        return rows.reshape(len(rows), heads, d).swapaxes(0, 1)
