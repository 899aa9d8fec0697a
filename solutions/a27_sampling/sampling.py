"""From the logits of a language model to the next token: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def next_token_probabilities(
    logits: npt.ArrayLike, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Float64Array:
    """Return probabilities (V,) of the tokens after temperature, top-k and top-p, in this order.

    Holtzman et al.: The curious case of neural text degeneration, 2019. Raises `ValueError` for what is out of range.
    """
    z = np.asarray(logits, dtype=np.float64)
    if z.ndim != 1 or z.size == 0:
        raise ValueError(f"logits must have shape (V,), V at least 1, got shape {z.shape}")
    if not np.any(np.isfinite(z)):
        raise ValueError("logits must have a token that is not masked, got -inf alone")
    if not temperature >= 0:
        raise ValueError(f"temperature must be at least 0, got {temperature}")
    if top_k is not None and (top_k < 1 or top_k != int(top_k)):
        raise ValueError(f"top_k must be None or a whole number of at least 1, got {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be None or above 0 and at most 1, got {top_p}")
    if temperature == 0:
        greedy = np.zeros(len(z))
        greedy[np.argmax(z)] = 1.0
        return greedy
    p: Float64Array = np.exp((z - z.max()) / temperature)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")  # the likeliest first; of equal ones the lower index
    if top_k is not None:
        p[order[int(top_k) :]] = 0.0
        p /= p.sum()
    if top_p is not None and top_p < 1:
        sums = np.cumsum(p[order])
        # A token goes when those before it have reached p already; so the one that crosses p stays.
        p[order[1:][sums[:-1] >= top_p]] = 0.0
        p /= p.sum()
    return p


def sample(
    logits: npt.ArrayLike,
    uniform: float,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """Return the first index at which the running sum of the probabilities is above `uniform`, in [0, 1).

    Raises `ValueError` for what is out of range.
    """
    if not 0 <= uniform < 1:
        raise ValueError(f"uniform must be in [0, 1), got {uniform}")
    p = next_token_probabilities(logits, temperature, top_k, top_p)
    possible = np.flatnonzero(p)
    at = int(np.searchsorted(np.cumsum(p[possible]), uniform, side="right"))
    # The last sum may be a rounding error below 1, and `uniform` above it.
    return int(possible[min(at, len(possible) - 1)])
