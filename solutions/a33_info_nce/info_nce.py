"""The InfoNCE loss with in-batch negatives, in both directions, and its gradients: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def info_nce(
    queries: npt.ArrayLike, keys: npt.ArrayLike, temperature: float = 0.07
) -> tuple[float, Float64Array, Float64Array]:
    """Return loss and gradients in queries and keys, (N, D) each, of the symmetric InfoNCE loss of cosines.

    Van den Oord et al. 2018; both directions as in CLIP, Radford et al. 2021. Raises `ValueError` for wrong shapes, rows of
    zeros, and a temperature that is not above 0.
    """
    q, q_norms = _normalised(queries, "queries")
    k, k_norms = _normalised(keys, "keys")
    if q.shape != k.shape:
        raise ValueError(f"queries and keys must have the same shape, got {q.shape} and {k.shape}")
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    logits, n = q @ k.T / temperature, len(q)
    by_query, by_key = _log_softmax(logits, axis=1), _log_softmax(logits, axis=0)
    loss = float(0.0 - np.trace(by_query) - np.trace(by_key)) / (2 * n)
    d_logits = (np.exp(by_query) + np.exp(by_key) - 2 * np.eye(n)) / (2 * n * temperature)
    return loss, _before(d_logits @ k, q, q_norms), _before(d_logits.T @ q, k, k_norms)


def _normalised(values: npt.ArrayLike, name: str) -> tuple[Float64Array, Float64Array]:
    """Rows of length 1, shape (N, D), and the norms that they had, shape (N, 1)."""
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"{name} must have shape (N, D), no axis of length zero, got shape {rows.shape}")
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if np.any(norms == 0):
        raise ValueError(f"{name} must have no row of zeros, got one in row {int(np.argmin(norms))}")
    return rows / norms, norms


def _log_softmax(z: Float64Array, axis: int) -> Float64Array:
    z = z - z.max(axis=axis, keepdims=True)
    log_p: Float64Array = z - np.log(np.exp(z).sum(axis=axis, keepdims=True))
    return log_p


def _before(gradient: Float64Array, unit: Float64Array, norms: Float64Array) -> Float64Array:
    """The gradient in rows before normalisation: without the share along the row, which changes only its length."""
    before: Float64Array = (gradient - unit * (gradient * unit).sum(axis=1, keepdims=True)) / norms
    return before
