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

    It keeps a sum of squares and a number of elements. A mean alone could not be merged: its weight would be lost.
    """

    def __init__(self) -> None:
        self._count = 0
        self._total = 0.0

    def update(self, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Self:
        """Take in a batch of targets and predictions of one shape; a batch without elements changes nothing.

        Raises `ValueError` when the shapes differ, and leaves the stream as it was.
        """
        error = _error(y_true, y_pred)
        self._count += error.size
        self._total += float(error @ error)
        return self

    def merge(self, other: StreamingMSE) -> Self:
        """Take in all that `other` has seen; `other` stays as it was."""
        self._count += other._count
        self._total += other._total
        return self

    def result(self) -> float:
        """Return the MSE of everything seen so far; `ValueError` when there was no element yet."""
        if self._count == 0:
            raise ValueError("the stream has seen no elements yet: call update first")
        return self._total / self._count


def _error(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Float64Array:
    """The differences as a vector; `ValueError` when the shapes differ."""
    # float64 first: unsigned integers would wrap around, float32 would lose digits.
    truth = np.asarray(y_true, dtype=np.float64)
    prediction = np.asarray(y_pred, dtype=np.float64)
    if truth.shape != prediction.shape:
        raise ValueError(f"y_true and y_pred must have the same shape, got {truth.shape} and {prediction.shape}")
    return np.asarray(truth - prediction).ravel()
