"""Multiclass hinge loss with sample weights, and its gradient: the reference of the follow-up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def svm_loss(
    W: npt.ArrayLike,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    reg: float = 0.01,
    sample_weight: npt.ArrayLike | None = None,
) -> tuple[float, Float64Array]:
    """Return the hinge loss of Weston and Watkins (1999) with margin 1 and L2 regularisation, and its gradient.

    `W` has shape (D, C), `X` (N, D), `y` (N,) with integers in [0, C); the gradient has the shape of `W`. The data term is the
    mean over samples weighted by `sample_weight` (N,); None weighs all alike. Raises `ValueError` for weights of another
    shape, negative weights, and weights that are all 0, and for what is wrong without weights too.
    """
    W, X, y = _checked(W, X, y, reg)
    n = len(X)
    rows = np.arange(n)
    shares = np.full(n, 1 / n) if sample_weight is None else _shares(sample_weight, n)

    scores = X @ W
    margins = np.maximum(0.0, scores - scores[rows, y][:, None] + 1.0)
    margins[rows, y] = 0.0  # the sum leaves the true class out
    loss = shares @ margins.sum(axis=1) + reg * np.sum(W**2)

    # Each margin above 0 adds x to the column of its class, and takes x from that of the true class, by the sample's share.
    slopes = np.where(margins > 0, shares[:, None], 0.0)
    slopes[rows, y] = -slopes.sum(axis=1)
    gradient = X.T @ slopes + 2 * reg * W
    return float(loss), gradient


def _shares(sample_weight: npt.ArrayLike, n: int) -> Float64Array:
    """The share of each of `n` samples in the mean: weights that sum to 1."""
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), one for each sample, got {weight.shape}")
    if np.any(weight < 0) or weight.sum() == 0:
        raise ValueError(f"sample_weight must be at least 0, and not 0 throughout, got {weight}")
    return np.asarray(weight / weight.sum())


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
