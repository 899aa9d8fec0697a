"""The perceptron, with averaged weights: the reference of the follow-up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class Perceptron:
    """A linear classifier that learns from its errors (Rosenblatt, 1958).

    Args:
        max_epochs: how many passes over the rows `fit` makes at most; checked by `fit`.
        average: whether `fit` also averages weights and bias over all rows seen, and `predict` uses the averages.

    Attributes:
        weights: shape (d,); set by `fit`, as all that follow.
        bias: added to the scores.
        averaged_weights, averaged_bias: their means over all rows seen; with `average` only.
        n_updates: how many times `fit` changed weights and bias.
        errors_per_epoch: the number of updates in each epoch.
        converged: whether the last epoch passed without an update.
    """

    def __init__(self, max_epochs: int = 1000, average: bool = False) -> None:
        self.max_epochs = max_epochs
        self.average = average
        self._is_fitted = False

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Perceptron:
        """Learn from the rows `X` (n, d), in order, and their labels `y` (n,), each -1 or +1; return self.

        Raises `ValueError` for a wrong shape, an axis of length zero, other labels, or max_epochs below 1.
        """
        rows = _matrix(X)
        labels = np.asarray(y)
        if labels.shape != (len(rows),):
            raise ValueError(f"y must have shape ({len(rows)},), got shape {labels.shape}")
        if not np.isin(labels, (-1, 1)).all():
            raise ValueError(f"y must be of labels -1 and +1, got {np.unique(labels)}")
        if self.max_epochs < 1:
            raise ValueError(f"max_epochs must be at least 1, got {self.max_epochs}")
        weights, bias = np.zeros(rows.shape[1]), 0.0
        # An update at row number t (from 0) is missing from the first t of the averaged weights: what is missing is
        # added up here, so that rows without an update cost nothing.
        t, missing, missing_bias = 0, np.zeros(rows.shape[1]), 0.0
        self.errors_per_epoch: list[int] = []
        self.converged = False
        while not self.converged and len(self.errors_per_epoch) < self.max_epochs:
            errors = 0
            for row, label in zip(rows, labels, strict=True):
                if label * (row @ weights + bias) <= 0:
                    weights += label * row
                    bias += float(label)
                    missing += t * label * row
                    missing_bias += t * float(label)
                    errors += 1
                t += 1
            self.errors_per_epoch.append(errors)
            self.converged = errors == 0
        self.weights, self.bias = weights, bias
        if self.average:
            self.averaged_weights, self.averaged_bias = weights - missing / t, bias - missing_bias / t
        self.n_updates = sum(self.errors_per_epoch)
        self._is_fitted = True
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Return the label of each row of `X` (q, d), shape (q,): +1 where the score is at least 0, else -1.

        Raises `RuntimeError` before `fit`, `ValueError` for a wrong shape.
        """
        if not self._is_fitted:
            raise RuntimeError("the model is not fitted: call fit(X, y) first")
        rows = _matrix(X)
        weights, bias = (self.averaged_weights, self.averaged_bias) if self.average else (self.weights, self.bias)
        if rows.shape[1] != len(weights):
            raise ValueError(f"X must have shape (q, {len(weights)}), as in fit, got shape {rows.shape}")
        return np.where(rows @ weights + bias >= 0, 1, -1)


def _matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 matrix."""
    matrix = np.asarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {matrix.shape}")
    return matrix
