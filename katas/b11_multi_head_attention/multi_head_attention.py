"""Scaled dot-product attention, and attention with several heads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def scaled_dot_product_attention(
    q: npt.ArrayLike, k: npt.ArrayLike, v: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return (output, weights) of attention, shapes (..., n, d_v) and (..., n, m), float64.

    Args:
        q: queries, shape (..., n, d_k); k and v have the same leading axes.
        k: keys, shape (..., m, d_k).
        v: values, shape (..., m, d_v).
        mask: bools that broadcast to (..., n, m), True where a query may attend to a key; None for everywhere.

    Raises:
        ValueError: shapes do not fit, or an axis has length zero.
    """
    raise NotImplementedError


class MultiHeadAttention:
    """Attention by `n_heads` heads of size d_model / n_heads side by side, without biases.

    `W_q`, `W_k`, `W_v` and `W_o`, each (d_model, d_model), may be read and assigned.

    Args:
        d_model, n_heads: at least 1 each; d_model is a multiple of n_heads.
        random_state: int or `np.random.Generator`; None for other weights each time.

    Raises:
        ValueError: d_model or n_heads is out of range.
    """

    def __init__(self, d_model: int, n_heads: int, random_state: int | np.random.Generator | None = None) -> None:
        raise NotImplementedError

    def forward(
        self,
        query: npt.ArrayLike,
        key: npt.ArrayLike | None = None,
        value: npt.ArrayLike | None = None,
        key_lengths: npt.ArrayLike | None = None,
        causal: bool = False,
    ) -> tuple[FloatArray, FloatArray]:
        """Return (output, weights), shapes (b, n, d_model) and (b, n_heads, n, m).

        `query` is (b, n, d_model), `key` and `value` are (b, m, d_model); without key it is query, without value it is key.
        `key_lengths`, (b,) ints in 0 ... m, says how many keys of each sample are real; the rest is padding. With `causal`,
        query i attends to keys 0 ... i only. `ValueError` for shapes that do not fit and lengths out of range.
        """
        raise NotImplementedError
