"""Multiclass hinge loss of a linear classifier, and its gradient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def svm_loss(
    W: npt.ArrayLike, X: npt.ArrayLike, y: npt.ArrayLike, reg: float = 0.01
) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the multiclass hinge loss (Weston and Watkins) with margin 1, and its gradient with respect to `W`.

    Args:
        W: weights, shape (D, C): a column a class.
        X: samples, shape (N, D): a row a sample.
        y: true classes, shape (N,), whole numbers from 0 to C - 1.
        reg: strength of the L2 regularisation, at least 0.

    Returns:
        The loss, a Python float, and its gradient, a float64 array of shape (D, C).

    Raises:
        ValueError: shapes that do not fit, an axis of length zero, labels that are not whole or out of range, `reg` < 0.
    """
    raise NotImplementedError
