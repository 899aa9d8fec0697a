"""Multiclass hinge loss of a linear classifier, and its gradient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def svm_loss(
    W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float = 0.01
) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the multiclass hinge loss (Weston and Watkins) with margin 1, and its gradient with respect to `W`.

    Args:
        W: weights, shape (D, C): a column for each class.
        X: samples, shape (N, D): a row for each sample.
        y: true classes, shape (N,), whole numbers from 0 to C - 1.
        reg: strength of the L2 regularisation, at least 0.

    Returns:
        The loss, a number, and its gradient, an array of shape (D, C).

    Raises:
        ValueError: shapes that do not fit together, an axis of length zero, a label that is not a whole number from 0
            to C - 1, or a negative `reg`.
    """
    raise NotImplementedError
