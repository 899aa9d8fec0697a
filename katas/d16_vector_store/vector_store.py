"""A store of vectors: exact search by cosine with filters, and a file that survives crashes and full disks."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy.typing as npt

Scalar = str | int | float | bool | None
"""A value in metadata."""


class VectorStore:
    """Items of an id, a vector (dimension,) and metadata; kept in the file at `path`, if there is one.

    Raises `ValueError` for a dimension below 1, and a file that is damaged, not a store, or of another dimension.
    """

    def __init__(self, dimension: int, path: str | os.PathLike[str] | None = None) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        """Return the number of items."""
        raise NotImplementedError

    def upsert(self, id: str, vector: npt.ArrayLike, metadata: Mapping[str, Scalar] | None = None) -> None:  # noqa: A002
        """Put an item in, or replace it.

        Raises `ValueError` for a wrong shape, and a vector that is all zeros or not finite, and `OSError` if it cannot be
        written. Nothing has happened then.
        """
        raise NotImplementedError

    def delete(self, id: str) -> None:  # noqa: A002
        """Take an item out; `KeyError` if it is not there, `OSError` if that cannot be written."""
        raise NotImplementedError

    def search(
        self, query: npt.ArrayLike, k: int, where: Mapping[str, Scalar] | None = None
    ) -> list[tuple[str, float, dict[str, Scalar]]]:
        """Return (id, cosine, metadata) of the k nearest items that have all of `where`, the nearest first.

        Raises `ValueError` for k below 1, and for a query as for a vector.
        """
        raise NotImplementedError

    def compact(self) -> None:
        """Make the file as small as that of a new store with these items; `OSError` if it cannot be written."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file."""
        raise NotImplementedError
