"""Multiclass hinge loss and its gradient: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def svm_loss(W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float = 0.01) -> tuple[float, Float64Array]:
    """Return the hinge loss of Weston and Watkins (1999) with margin 1 and L2 regularisation, and its gradient.

    `W` has shape (D, C), `X` (N, D), `y` (N,) with whole numbers in [0, C); the gradient has the shape of `W`.
    Raises `ValueError` for anything else, and for a negative `reg`.
    """
    W, X, y = _checked(W, X, y, reg)
    n = len(X)
    rows = np.arange(n)

    scores = X @ W
    margins = np.maximum(0.0, scores - scores[rows, y][:, None] + 1.0)
    margins[rows, y] = 0.0  # the sum leaves the true class out
    loss = margins.sum() / n + reg * np.sum(W**2)

    # Each margin above 0 adds x to the column of its class, and takes x from that of the true class.
    slopes = (margins > 0).astype(np.float64)
    slopes[rows, y] = -slopes.sum(axis=1)
    gradient = X.T @ slopes / n + 2 * reg * W
    return float(loss), gradient


def _checked(
    W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float
) -> tuple[Float64Array, Float64Array, npt.NDArray[np.intp]]:
    """Weights and samples in float64, labels as integers; `ValueError` unless all fit together."""
    weights, samples, labels = np.asarray(W, dtype=np.float64), np.asarray(X, dtype=np.float64), np.asarray(y)
    if weights.ndim != 2 or weights.size == 0:
        raise ValueError(f"W must have shape (D, C), no axis of length zero, got shape {weights.shape}")
    d, classes = weights.shape
    if samples.ndim != 2 or len(samples) == 0 or samples.shape[1] != d:
        raise ValueError(f"X must have shape (N, {d}), N at least 1, got shape {samples.shape}")
    if labels.shape != (len(samples),):
        raise ValueError(f"y must have shape ({len(samples)},), got shape {labels.shape}")
    whole = labels.astype(np.intp)
    if np.any(whole != labels) or whole.min() < 0 or whole.max() >= classes:
        raise ValueError(f"y must hold whole numbers from 0 to {classes - 1}, got {labels}")
    if reg < 0:
        raise ValueError(f"reg must be at least 0, got {reg}")
    return weights, samples, whole
