"""Causal multi-head attention that keeps keys and values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class CachedAttention:
    """Causal attention over one sequence, which comes in parts.

    Args:
        d_model: width of a token.
        n_heads: divides d_model.
        max_length: how many tokens there is room for.
        random_state: None, an int or a `np.random.Generator`, from which the weights are drawn.

    Attributes:
        W_q: projection to queries, shape (d_model, d_model); W_k, W_v and W_o alike.
        length: tokens in the cache.

    Raises:
        ValueError: sizes that are not whole numbers of at least 1, or a d_model that n_heads does not divide.
    """

    W_q: Float64Array
    W_k: Float64Array
    W_v: Float64Array
    W_o: Float64Array
    length: int

    def __init__(
        self, d_model: int, n_heads: int, max_length: int, random_state: int | np.random.Generator | None = None
    ) -> None:
        raise NotImplementedError

    def prefill(self, x: npt.ArrayLike) -> Float64Array:
        """Return the outputs of the next n tokens, shape (n, d_model). Raises `ValueError` for a wrong shape or no room."""
        raise NotImplementedError

    def decode(self, x: npt.ArrayLike) -> Float64Array:
        """Return the output of the next token, shape (d_model,). Raises `ValueError` for a wrong shape or no room."""
        raise NotImplementedError

    def truncate(self, length: int) -> None:
        """Forget all tokens from position `length` on. Raises `ValueError` when it is not from 0 to `self.length`."""
        raise NotImplementedError
