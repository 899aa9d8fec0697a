"""Cross-entropy from probabilities, and from logits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def cross_entropy(y_true_onehot: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return the mean over samples of minus the natural logarithm of the true class's probability.

    Args:
        y_true_onehot: true classes, shape (N, C): a single 1 in each row, else 0.
        probabilities: predicted probabilities, shape (N, C), each from 0 to 1.

    Returns:
        The loss, a Python float; infinity when a true class has probability 0.

    Raises:
        ValueError: a wrong shape, an axis of length zero, a row that is not one-hot, or a probability out of range.
    """
    raise NotImplementedError


def softmax_cross_entropy(logits: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the cross-entropy of the softmax of `logits`, and its gradient.

    Args:
        logits: scores, shape (N, C), as large as 1e4 in either direction.
        labels: true classes, shape (N,), whole numbers from 0 to C - 1.

    Returns:
        The mean loss, a Python float, and its gradient with respect to `logits`, shape (N, C).

    Raises:
        ValueError: a wrong shape, an axis of length zero, or a label out of range.
    """
    raise NotImplementedError
