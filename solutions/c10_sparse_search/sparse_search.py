"""Sparse matrices in compressed rows, and TF-IDF search: the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int_]


class CSRMatrix:
    """A matrix by rows: row i has the columns `indices[indptr[i]:indptr[i + 1]]`, and the values `data` there."""

    def __init__(
        self, rows: npt.ArrayLike, columns: npt.ArrayLike, values: npt.ArrayLike, shape: tuple[int, int]
    ) -> None:
        row, column, value = np.asarray(rows), np.asarray(columns), np.asarray(values, dtype=np.float64)
        if row.ndim != 1 or not row.shape == column.shape == value.shape:
            shapes = f"{row.shape}, {column.shape} and {value.shape}"
            raise ValueError(f"rows, columns and values must have one shape (m,), got shapes {shapes}")
        n_rows, n_columns = shape
        if min(n_rows, n_columns) < 1:
            raise ValueError(f"shape must have lengths of at least 1, got {shape}")
        for name, index, length in (("rows", row, n_rows), ("columns", column, n_columns)):
            if index.size and (index.min() < 0 or index.max() >= length):
                raise ValueError(f"{name} must be from 0 to {length - 1}, got {index.min()} to {index.max()}")
        self.shape = n_rows, n_columns
        order = np.lexsort((column, row))
        row, column, value = row[order].astype(np.int_), column[order].astype(np.int_), value[order]
        is_new = np.ones(len(row), dtype=bool)
        is_new[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
        first = np.flatnonzero(is_new)
        self.data = np.add.reduceat(value, first) if len(first) else value
        self.indices = column[first]
        self.indptr = np.searchsorted(row[first], np.arange(n_rows + 1))
        self._row_of = row[first]

    def dot(self, vector: npt.ArrayLike) -> Float64Array:
        """Return the product with `vector` (columns,), shape (rows,); `ValueError` for another shape."""
        x = np.asarray(vector, dtype=np.float64)
        if x.shape != self.shape[1:]:
            raise ValueError(f"vector must have shape {self.shape[1:]}, got shape {x.shape}")
        # Not reduceat: for an empty row it gives the first product of the next one.
        products = self.data * x[self.indices]
        return np.bincount(self._row_of, weights=products, minlength=self.shape[0]).astype(np.float64, copy=False)

    def row(self, i: int) -> tuple[IntArray, Float64Array]:
        """Return the columns of row i, rising, and their values; `ValueError` for an i out of range."""
        if not 0 <= i < self.shape[0]:
            raise ValueError(f"i must be from 0 to {self.shape[0] - 1}, got {i}")
        here = slice(self.indptr[i], self.indptr[i + 1])
        return self.indices[here].copy(), self.data[here].copy()


class TfidfIndex:
    """An inverted index: a matrix with a row for each word, whose columns are the documents that have it."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        if len(documents) == 0:
            raise ValueError("documents must have at least one document, got none")
        counts = [Counter(document) for document in documents]
        n_containing = Counter(word for count in counts for word in count)
        self._word_ids = {word: i for i, word in enumerate(n_containing)}
        frequencies = np.fromiter(n_containing.values(), dtype=np.float64, count=len(n_containing))
        self._idf = np.log((1 + len(documents)) / (1 + frequencies)) + 1
        words = np.array([self._word_ids[word] for count in counts for word in count], dtype=np.int_)
        owners = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
        weights = np.array([c for count in counts for c in count.values()]) * self._idf[words]
        squares = np.bincount(owners, weights=weights**2, minlength=len(counts))
        weights = weights / np.sqrt(squares[owners])
        self._postings = CSRMatrix(words, owners, weights, (max(len(n_containing), 1), len(documents)))

    def search(self, query: Sequence[str], k: int) -> tuple[IntArray, Float64Array]:
        """Return the ids and the scores of the k documents nearest to `query`, best first, equal ones by id.

        Only what the postings of the query's words say is read. Raises `ValueError` when k is below 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        known = {self._word_ids[word]: count for word, count in Counter(query).items() if word in self._word_ids}
        if not known:
            return np.empty(0, dtype=np.int_), np.empty(0)
        weights = np.array(list(known.values())) * self._idf[list(known)]
        weights /= np.sqrt(weights @ weights)
        postings = [self._postings.row(word) for word in known]
        found, place = np.unique(np.concatenate([ids for ids, _ in postings]), return_inverse=True)
        parts = [weight * values for weight, (_, values) in zip(weights, postings, strict=True)]
        scores = np.bincount(place, weights=np.concatenate(parts))
        best = np.lexsort((found, -scores))[:k]
        return found[best], scores[best].astype(np.float64, copy=False)
