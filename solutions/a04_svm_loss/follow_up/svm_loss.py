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

    `W` has shape (D, C), `X` (N, D), `y` (N,) with whole numbers in [0, C); the gradient has the shape of `W`. The data term is
    the mean over samples weighted by `sample_weight` (N,), finite numbers of which none is below 0 and one is above; None
    weighs all alike. Raises `ValueError` for shapes that do not fit, axes of length zero, labels out of range, a negative
    `reg`, and other weights.
    """
    weights = np.asarray(W, dtype=np.float64)
    samples = np.asarray(X, dtype=np.float64)
    labels = _check(weights, samples, np.asarray(y), reg)
    n = len(samples)
    rows = np.arange(n)
    shares = np.full(n, 1 / n) if sample_weight is None else _shares(sample_weight, n)

    scores = samples @ weights
    margins = np.maximum(0.0, scores - scores[rows, labels][:, None] + 1.0)
    margins[rows, labels] = 0.0  # the sum leaves the true class out
    loss = shares @ margins.sum(axis=1) + reg * np.sum(weights**2)

    # Each margin above 0 adds x to the column of its class, and takes x from that of the true class, by the sample's share.
    slopes = np.where(margins > 0, shares[:, None], 0.0)
    slopes[rows, labels] = -slopes.sum(axis=1)
    gradient = samples.T @ slopes + 2 * reg * weights
    return float(loss), gradient


def _shares(sample_weight: npt.ArrayLike, n: int) -> Float64Array:
    """The share of each of `n` samples in the mean: weights that sum to 1."""
    weight = np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), one for each sample, got {weight.shape}")
    if not np.all(np.isfinite(weight) & (weight >= 0)) or not np.any(weight):
        raise ValueError(f"sample_weight must be finite, at least 0, and not 0 throughout, got {weight}")
    # The largest becomes 1: sums of huge weights would overflow.
    scaled = weight / weight.max()
    return np.asarray(scaled / scaled.sum())


def _check(
    weights: Float64Array, samples: Float64Array, labels: npt.NDArray[np.generic], reg: float
) -> npt.NDArray[np.intp]:
    """The labels as an index, once everything fits."""
    if weights.ndim != 2 or samples.ndim != 2 or labels.ndim != 1:
        raise ValueError(
            f"W, X and y must have shapes (D, C), (N, D) and (N,), got {weights.shape}, {samples.shape} and {labels.shape}"
        )
    if 0 in weights.shape or 0 in samples.shape:
        raise ValueError(f"no axis may be empty, got W {weights.shape} and X {samples.shape}")
    if samples.shape[1] != weights.shape[0]:
        raise ValueError(f"X has {samples.shape[1]} features and W has {weights.shape[0]}")
    if len(labels) != len(samples):
        raise ValueError(f"X has {len(samples)} samples and y has {len(labels)} labels")
    classes = weights.shape[1]
    index = labels.astype(np.intp)
    if np.any(index != labels) or index.min() < 0 or index.max() >= classes:
        raise ValueError(f"y must hold whole numbers from 0 to {classes - 1}, got {labels}")
    if reg < 0:
        raise ValueError(f"reg must be at least 0, got {reg}")
    return index
