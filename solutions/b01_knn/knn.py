"""k-nearest-neighbours classification: the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


class KNN:
    """Classify a point by the votes of the k training rows nearest to it, in Euclidean distance.

    Args:
        k: how many training rows vote, 1 to the number of training rows; checked by `fit`.

    Attributes:
        classes_: the distinct labels in ascending order, shape (c,); set by `fit`.
    """

    classes_: npt.NDArray[Any]
    _codes: npt.NDArray[np.intp]

    def __init__(self, k: int = 3) -> None:
        self.k = k
        self._rows: Float64Array | None = None

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> KNN:
        """Remember a copy of the training rows `X` (n, d) and their labels `y` (n,); return self.

        Raises `ValueError` for a wrong shape, an axis of length zero, lengths that differ, or k outside 1..n.
        """
        rows = _matrix(X).copy()
        labels = np.asarray(y)
        if labels.shape != (len(rows),):
            raise ValueError(f"y must have shape ({len(rows)},), got shape {labels.shape}")
        if not 1 <= self.k <= len(rows):
            raise ValueError(f"k must be in 1..{len(rows)}, the number of training rows, got {self.k}")
        # Labels may be anything that sorts; from here on a label is its position in classes_.
        self.classes_, self._codes = np.unique(labels, return_inverse=True)
        self._rows = rows
        return self

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the label with the most votes for each row of `X` (q, d), shape (q,); the smallest of those that tie.

        Raises `RuntimeError` before `fit`, `ValueError` for queries of a wrong shape.
        """
        # argmax takes the first of equal maxima, which is the smallest label because classes_ is sorted.
        winners = self._votes(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[winners]
        return labels

    def predict_proba(self, X: npt.ArrayLike) -> Float64Array:
        """Return the fraction of the k votes that each label has for each row of `X` (q, d), shape (q, c).

        Columns follow `classes_`. Errors are those of `predict`.
        """
        return self._votes(X) / self.k

    def _votes(self, X: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Count the votes of each label for each query, shape (q, c)."""
        if self._rows is None:
            raise RuntimeError("the model is not fitted: call fit(X, y) first")
        queries = _matrix(X)
        if queries.shape[1] != self._rows.shape[1]:
            raise ValueError(f"X must have shape (q, {self._rows.shape[1]}), as in fit, got shape {queries.shape}")
        # The k smallest come first, in any order: the order of the voters does not matter.
        voters = np.argpartition(_squared_distances(queries, self._rows), self.k - 1, axis=1)[:, : self.k]
        # One bincount for all queries: query i counts in its own c cells, from i * c on.
        q, c = len(queries), len(self.classes_)
        cells = self._codes[voters] + c * np.arange(q)[:, np.newaxis]
        return np.bincount(cells.ravel(), minlength=q * c).reshape(q, c)


def _squared_distances(queries: Float64Array, rows: Float64Array) -> Float64Array:
    """Squared Euclidean distance of each query (q, d) to each row (n, d), shape (q, n).

    Summed up one feature at a time: no (q, n, d) block, and no cancellation as in |x|² + |q|² - 2 x·q.
    """
    total = np.zeros((len(queries), len(rows)))
    for query_feature, row_feature in zip(queries.T, rows.T, strict=True):
        difference = np.subtract.outer(query_feature, row_feature)
        difference *= difference
        total += difference
    return total


def _matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 matrix."""
    # float64 first: unsigned integers would wrap around, float32 would lose digits.
    matrix = np.asarray(X, dtype=np.float64)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {matrix.shape}")
    return matrix
