"""Multiclass hinge loss and its gradient: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def svm_loss(W: Float64Array, X: Float64Array, y: npt.NDArray[np.int_], reg: float) -> tuple[float, Float64Array]:
    """Return the hinge loss of Weston and Watkins (1999) with margin 1 and L2 regularisation, and its gradient.

    `W` has shape (D, C), `X` (N, D), `y` (N,) with integers in [0, C); the gradient has the shape of `W`.
    """
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
