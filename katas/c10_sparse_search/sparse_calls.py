"""Many calls to the subject in one question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def search_each(index: Any, queries: Sequence[list[str]], k: int) -> list[Any]:
    """What a search finds for each query: (ids, scores)."""
    return [index.search(query, k) for query in queries]


def first_of_rows(matrix: Any, rows: Sequence[int]) -> list[float]:
    """The first value of each of these rows."""
    return [float(matrix.row(i)[1][0]) for i in rows]
