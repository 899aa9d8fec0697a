"""Sparse matrices in compressed rows, and TF-IDF search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


class CSRMatrix:
    """A matrix of `shape` (rows, columns) from entries, of which several at one place add up.

    Raises:
        ValueError: rows, columns and values are not of one shape (m,), or an index is out of range.
    """

    def __init__(
        self, rows: npt.ArrayLike, columns: npt.ArrayLike, values: npt.ArrayLike, shape: tuple[int, int]
    ) -> None:
        raise NotImplementedError

    def dot(self, vector: npt.ArrayLike) -> Float64Array:
        """Return the product with `vector` (columns,), shape (rows,); `ValueError` for another shape."""
        raise NotImplementedError

    def row(self, i: int) -> tuple[IntArray, Float64Array]:
        """Return the columns of row i, rising, and their values; `ValueError` for an i out of range."""
        raise NotImplementedError


class TfidfIndex:
    """Documents, each a list of words, to be searched by the cosine of their TF-IDF weights.

    Raises:
        ValueError: there are no documents.
    """

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        raise NotImplementedError

    def search(self, query: Sequence[str], k: int) -> tuple[IntArray, Float64Array]:
        """Return the ids and the scores of the k documents nearest to `query`, a list of words; best first.

        Raises:
            ValueError: k is below 1.
        """
        raise NotImplementedError
