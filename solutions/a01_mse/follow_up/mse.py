"""Mean squared error, of arrays and of streams: the reference of the follow-up."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def mse(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> float:
    """Return the mean, over all elements, of the squared difference of `y_true` and `y_pred`.

    Shapes must be equal and hold at least one element, else `ValueError`. NaN propagates.
    """
    error = _error(y_true, y_pred)
    if error.size == 0:
        raise ValueError("y_true must have at least one element, got none")
    return float(error @ error / error.size)


class StreamingMSE:
    """The mean squared error of a stream of batches, in constant memory; streams from several machines merge.

    It keeps a count and a sum of squares, and beside the sum what rounding took from it (Neumaier, 1974): a batch that is
    small beside the sum so far is not lost, however many of them come.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0.0
        self._lost = 0.0

    def update(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Self:
        """Take in a batch of targets and predictions of one shape; a batch without elements changes nothing.

        Raises `ValueError` when the shapes differ, and leaves the stream as it was.
        """
        error = _error(y_true, y_pred)
        self._count += error.size
        self._add(float(error @ error))
        return self

    def merge(self, other: StreamingMSE) -> Self:
        """Take in all that `other` has seen; `other` stays as it was."""
        # Read before anything is added: `other` may be this very stream.
        count, total, lost = other._count, other._sum, other._lost
        self._count += count
        self._add(total)
        self._add(lost)
        return self

    def result(self) -> float:
        """Return the MSE of everything seen so far; `ValueError` when there was no element yet."""
        if self._count == 0:
            raise ValueError("the stream has seen no elements yet: call update first")
        return (self._sum + self._lost) / self._count

    def _add(self, term: float) -> None:
        """Add `term` to the sum, and what the addition rounds away to `_lost`."""
        total = self._sum + term
        small, large = sorted((self._sum, term), key=abs)
        self._lost += (large - total) + small
        self._sum = total


def _error(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Float64Array:
    """The differences in one row; `ValueError` when the shapes differ."""
    # float64 first: unsigned integers would wrap around, float32 would lose digits.
    truth = np.asarray(y_true, dtype=np.float64)
    prediction = np.asarray(y_pred, dtype=np.float64)
    if truth.shape != prediction.shape:
        raise ValueError(f"y_true and y_pred must have the same shape, got {truth.shape} and {prediction.shape}")
    return np.asarray(truth - prediction).ravel()
