"""Scaled dot-product attention and multi-head attention (Vaswani et al. 2017): the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def scaled_dot_product_attention(
    q: npt.ArrayLike, k: npt.ArrayLike, v: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return (output, weights), shapes (..., n, d_v) and (..., n, m), for q (..., n, d_k), k (..., m, d_k), v (..., m, d_v).

    `mask` broadcasts to (..., n, m) and is True where a query may attend. A query that may attend to nothing gets zeros.
    """
    queries, keys, values = (_sequences(x, name) for x, name in ((q, "q"), (k, "k"), (v, "v")))
    *leading, m, d_k = keys.shape
    if queries.shape != (*leading, queries.shape[-2], d_k):
        raise ValueError(
            f"q must have shape (..., n, {d_k}) and the leading axes of k, got {queries.shape}, {keys.shape}"
        )
    if values.shape != (*leading, m, values.shape[-1]):
        raise ValueError(f"v must have shape {(*leading, m)} and one axis more, got {values.shape}")
    scores = queries @ keys.swapaxes(-1, -2) / np.sqrt(d_k)
    weights = _masked_softmax(scores, True if mask is None else _mask(mask, scores.shape))
    return weights @ values, weights


class MultiHeadAttention:
    """Attention by `n_heads` heads side by side; head h has the columns h * d_head ... (h + 1) * d_head of the projections.

    `W_q`, `W_k`, `W_v` and `W_o` are (d_model, d_model); there are no biases.
    """

    def __init__(self, d_model: int, n_heads: int, random_state: int | np.random.Generator | None = None) -> None:
        if d_model < 1 or n_heads < 1 or d_model % n_heads:
            raise ValueError(f"d_model must be a positive multiple of n_heads, got {d_model} and {n_heads}")
        rng = np.random.default_rng(random_state)
        self.d_model = d_model
        self.n_heads = n_heads
        # Rows of unit variance keep that variance through a projection.
        self.W_q, self.W_k, self.W_v, self.W_o = rng.normal(scale=d_model**-0.5, size=(4, d_model, d_model))

    def forward(
        self,
        query: npt.ArrayLike,
        key: npt.ArrayLike | None = None,
        value: npt.ArrayLike | None = None,
        key_lengths: npt.ArrayLike | None = None,
        causal: bool = False,
    ) -> tuple[FloatArray, FloatArray]:
        """Return (output, weights), shapes (b, n, d_model) and (b, n_heads, n, m).

        `query` is (b, n, d_model), `key` and `value` are (b, m, d_model). The keys of sample i beyond `key_lengths[i]` are
        padding; with `causal`, query i attends to keys 0 ... i.
        """
        queries = self._samples(query, "query")
        keys = queries if key is None else self._samples(key, "key")
        values = keys if value is None else self._samples(value, "value")
        b, n, m = len(queries), queries.shape[1], keys.shape[1]
        allowed = np.ones((b, 1, n, m), dtype=bool)  # the same for all heads
        if key_lengths is not None:
            allowed &= (np.arange(m) < _lengths(key_lengths, b, m)[:, None])[:, None, None, :]
        if causal:
            allowed &= np.tri(n, m, dtype=bool)
        output, weights = scaled_dot_product_attention(
            self._split(queries @ self.W_q), self._split(keys @ self.W_k), self._split(values @ self.W_v), allowed
        )
        return output.swapaxes(1, 2).reshape(b, n, self.d_model) @ self.W_o, weights

    def _split(self, rows: FloatArray) -> FloatArray:
        """(b, n, d_model) as (b, n_heads, n, d_head): cut the last axis, then bring the heads forward."""
        b, n, _ = rows.shape
        return rows.reshape(b, n, self.n_heads, -1).swapaxes(1, 2)

    def _samples(self, x: npt.ArrayLike, name: str) -> FloatArray:
        """`x` as float64, shape (b, n, d_model)."""
        samples = _sequences(x, name)
        if samples.ndim != 3 or samples.shape[2] != self.d_model:
            raise ValueError(f"{name} must have shape (b, n, {self.d_model}), got shape {samples.shape}")
        return samples


def _masked_softmax(scores: FloatArray, allowed: BoolArray | bool) -> FloatArray:
    """Softmax over the last axis, over allowed entries alone; a row without any is zeros."""
    # Starting the maximum at a finite number keeps a row of -inf only from giving -inf - -inf, which is NaN.
    largest = scores.max(axis=-1, keepdims=True, where=allowed, initial=np.finfo(np.float64).min)
    powers = np.exp(np.where(allowed, scores - largest, -np.inf))
    totals = powers.sum(axis=-1, keepdims=True)
    return np.asarray(powers / np.where(totals > 0, totals, 1))


def _sequences(x: npt.ArrayLike, name: str) -> FloatArray:
    """`x` as a float64 array of two axes or more, none of length zero."""
    array = np.asarray(x, dtype=np.float64)
    if array.ndim < 2 or array.size == 0:
        raise ValueError(f"{name} must have two axes or more, none of length zero, got shape {array.shape}")
    return array


def _mask(mask: npt.ArrayLike, shape: tuple[int, ...]) -> BoolArray:
    """`mask` as bools of `shape`."""
    allowed = np.asarray(mask, dtype=bool)
    try:
        return np.broadcast_to(allowed, shape)
    except ValueError:
        raise ValueError(f"mask must broadcast to shape {shape}, got shape {allowed.shape}") from None


def _lengths(key_lengths: npt.ArrayLike, b: int, m: int) -> npt.NDArray[np.int64]:
    """`key_lengths` as ints, shape (b,), each in 0 ... m."""
    lengths = np.asarray(key_lengths)
    if lengths.shape != (b,):
        raise ValueError(f"key_lengths must have shape ({b},), got shape {lengths.shape}")
    if lengths.min() < 0 or lengths.max() > m:
        raise ValueError(f"key_lengths must be in 0 ... {m}, got {lengths.min()} ... {lengths.max()}")
    return lengths
