"""Exact attention, a chunk of keys at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def chunked_attention(
    q: npt.ArrayLike,
    k: npt.ArrayLike,
    v: npt.ArrayLike,
    chunk: int = 256,
    causal: bool = False,
    key_lengths: npt.ArrayLike | None = None,
) -> npt.NDArray[np.float64]:
    """Return the output of attention, shape (b, n, d_v), without ever having all scores at once.

    Args:
        q: queries, shape (b, n, d).
        k: keys, shape (b, m, d).
        v: values, shape (b, m, d_v).
        chunk: how many keys are looked at at a time, at least 1; it changes the memory, not the result.
        causal: query i sees keys 0 ... i only.
        key_lengths: (b,) ints in 0 ... m, how many keys of each sample are real; None for all.

    Raises:
        ValueError: shapes do not fit, an axis has length zero, or chunk or a length is out of range.
    """
    raise NotImplementedError
