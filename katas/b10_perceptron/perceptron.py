"""The perceptron, a linear classifier that learns from its errors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class Perceptron:
    """A linear classifier for labels -1 and +1 that is corrected by each row it gets wrong.

    Args:
        max_epochs: how many passes over the rows `fit` makes at most, 1 or more; checked by `fit`.

    Attributes:
        weights: float64 array, shape (d,); set by `fit`, as all that follow.
        bias: a Python float, added to the scores.
        errors_per_epoch: list of ints, the number of updates in each epoch.
        n_updates: the sum of errors_per_epoch.
        converged: whether the last epoch passed without an update.
    """

    def __init__(self, max_epochs: int = 1000) -> None:
        raise NotImplementedError

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Perceptron:
        """Learn from the training rows, in order, from weights and bias of zero; return self.

        Args:
            X: training rows, shape (n, d).
            y: their labels, shape (n,): -1 or +1.

        Raises:
            ValueError: a wrong shape, an axis of length zero, lengths that differ, other labels, or max_epochs below 1.
        """
        raise NotImplementedError

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the label of each row of `X`, shape (q,): +1 where the score is at least 0, else -1.

        Args:
            X: queries, shape (q, d).

        Raises:
            RuntimeError: the model is not fitted.
            ValueError: a wrong shape, an axis of length zero, or not as many columns as in `fit`.
        """
        raise NotImplementedError
