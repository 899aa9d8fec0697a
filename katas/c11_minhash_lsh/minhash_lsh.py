"""MinHash signatures, and an index that finds similar ones by bands."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt


class MinHash:
    """Signatures whose positions are equal with the probability of the sets' Jaccard similarity.

    Raises:
        ValueError: n_hashes is below 1.
    """

    def __init__(self, n_hashes: int = 128, random_state: int | np.random.Generator | None = None) -> None:
        raise NotImplementedError

    def signature(self, items: Collection[str]) -> npt.NDArray[np.integer]:
        """Return the least value of each hash function over `items`, shape (n_hashes,); `ValueError` for no items."""
        raise NotImplementedError

    def similarity(self, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
        """Return the share of equal positions of two signatures (n,); `ValueError` for other shapes or lengths."""
        raise NotImplementedError


class LSHIndex:
    """Signatures of bands * rows numbers, to be found by any whole band.

    Raises:
        ValueError: bands or rows is below 1.
    """

    def __init__(self, bands: int, rows: int) -> None:
        raise NotImplementedError

    def add(self, key: str | int, signature: npt.ArrayLike) -> None:
        """Put a signature (bands * rows,) in; `ValueError` for another shape, or a key that is there already."""
        raise NotImplementedError

    def candidates(self, signature: npt.ArrayLike) -> set[str | int]:
        """Return the keys of all signatures that agree in a whole band; `ValueError` for another shape."""
        raise NotImplementedError


def near_duplicates(
    sets: Sequence[Collection[str]], threshold: float, random_state: int | np.random.Generator | None = None
) -> list[tuple[int, int]]:
    """Return the sorted pairs (i, j), i < j, of similarity >= threshold; nearly all of them, and no others.

    Raises:
        ValueError: a set without items, or a threshold outside 0 < threshold <= 1.
    """
    raise NotImplementedError
