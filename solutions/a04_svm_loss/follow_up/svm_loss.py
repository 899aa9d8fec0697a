"""Multiclass hinge loss with sample weights, and its gradient: the reference of the follow-up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def svm_loss(
    W: Float64Array,
    X: Float64Array,
    y: npt.NDArray[np.int_],
    reg: float,
    sample_weight: npt.ArrayLike | None = None,
) -> tuple[float, Float64Array]:
    """Return the hinge loss of Weston and Watkins (1999) with margin 1 and L2 regularisation, and its gradient.

    `W` has shape (D, C), `X` (N, D), `y` (N,) with integers in [0, C); the gradient has the shape of `W`. The data term is the
    mean over samples weighted by `sample_weight` (N,); None weighs all alike. Raises `ValueError` for weights of another
    shape, negative weights, and weights that are all 0.
    """
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
