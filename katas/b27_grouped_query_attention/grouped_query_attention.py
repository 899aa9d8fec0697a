"""Grouped-query attention, causal and with a sliding window."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def grouped_query_attention(
    q: npt.ArrayLike, k: npt.ArrayLike, v: npt.ArrayLike, causal: bool = False, window: int | None = None
) -> npt.NDArray[np.float64]:
    """Return the attention of H query heads, of which H/G neighbours share one of G key heads.

    Args:
        q: queries, shape (b, H, n, d); query i is at position m - n + i.
        k: keys, shape (b, G, m, d), at positions 0 to m - 1.
        v: values, shape (b, G, m, d_v).
        causal: a query attends to keys up to its own position.
        window: a query attends to keys that are less than so many positions away.

    Returns:
        The output, shape (b, H, n, d_v).

    Raises:
        ValueError: shapes that do not fit, an axis of length zero, more queries than keys where positions count, or a window
            that is not a whole number of at least 1.
    """
    raise NotImplementedError
