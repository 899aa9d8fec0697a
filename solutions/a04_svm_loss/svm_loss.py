"""Multiclass hinge loss and its gradient: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def svm_loss(W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float = 0.01) -> tuple[float, Float64Array]:
    """Return the hinge loss of Weston and Watkins (1999) with margin 1 and L2 regularisation, and its gradient.

    `W` has shape (D, C), `X` (N, D), `y` (N,) with whole numbers in [0, C); the gradient has the shape of `W`. Raises
    `ValueError` for shapes that do not fit, axes of length zero, labels out of range, and a negative `reg`.
    """
    weights = np.asarray(W, dtype=np.float64)
    samples = np.asarray(X, dtype=np.float64)
    labels = _check(weights, samples, np.asarray(y), reg)
    n = len(samples)
    rows = np.arange(n)

    scores = samples @ weights
    margins = np.maximum(0.0, scores - scores[rows, labels][:, None] + 1.0)
    margins[rows, labels] = 0.0  # the sum leaves the true class out
    loss = margins.sum() / n + reg * np.sum(weights**2)

    # Each margin above 0 adds x to the column of its class, and takes x from that of the true class.
    slopes = (margins > 0).astype(np.float64)
    slopes[rows, labels] = -slopes.sum(axis=1)
    gradient = samples.T @ slopes / n + 2 * reg * weights
    return float(loss), gradient


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
    if not np.isin(labels, np.arange(classes)).all():
        raise ValueError(f"y must hold whole numbers from 0 to {classes - 1}, got {labels}")
    if reg < 0:
        raise ValueError(f"reg must be at least 0, got {reg}")
    return labels.astype(np.intp)
