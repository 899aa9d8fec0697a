"""MinHash signatures, and an index that finds similar ones by bands: the reference."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt

PRIME = 2**61 - 1
SURE = 0.995
"""With this probability, at least, a pair exactly at the threshold is a candidate."""


class MinHash:
    """Hash functions ((a x + b) mod p) mod 2³², where x is the CRC of a string; a signature has the least of each."""

    def __init__(self, n_hashes: int = 128, random_state: int | np.random.Generator | None = None) -> None:
        if n_hashes < 1:
            raise ValueError(f"n_hashes must be at least 1, got {n_hashes}")
        rng = np.random.default_rng(random_state)
        # a below 2**31 and x below 2**32: the product fits into 64 bits.
        self._a = rng.integers(1, 2**31, size=(n_hashes, 1), dtype=np.uint64)
        self._b = rng.integers(0, PRIME, size=(n_hashes, 1), dtype=np.uint64)

    def signature(self, items: Collection[str]) -> npt.NDArray[np.integer]:
        """Return the least value of each hash function over `items`, shape (n_hashes,); `ValueError` for no items."""
        if len(items) == 0:
            raise ValueError("items must have at least one item, got none")
        # Not hash(): that of a string differs from process to process.
        x = np.array([zlib.crc32(item.encode()) for item in items], dtype=np.uint64)
        hashes = (self._a * x + self._b) % np.uint64(PRIME) % np.uint64(2**32)
        return np.asarray(hashes.min(axis=1), dtype=np.int64)

    def similarity(self, a: npt.ArrayLike, b: npt.ArrayLike) -> float:
        """Return the share of equal positions of two signatures (n,); `ValueError` for other shapes or lengths."""
        left, right = np.asarray(a), np.asarray(b)
        if left.ndim != 1 or left.size == 0 or left.shape != right.shape:
            raise ValueError(f"a and b must have one shape (n,), got shapes {left.shape} and {right.shape}")
        return float(np.mean(left == right))


class LSHIndex:
    """For each band a table from its numbers to the keys that have them."""

    def __init__(self, bands: int, rows: int) -> None:
        if bands < 1 or rows < 1:
            raise ValueError(f"bands and rows must be at least 1, got {bands} and {rows}")
        self._shape = bands, rows
        self._tables: list[dict[bytes, set[str | int]]] = [defaultdict(set) for _ in range(bands)]
        self._keys: set[str | int] = set()

    def add(self, key: str | int, signature: npt.ArrayLike) -> None:
        """Put a signature (bands * rows,) in; `ValueError` for another shape, or a key that is there already."""
        bands = list(self._bands(signature))
        if key in self._keys:
            raise ValueError(f"key must be a new one, got {key!r}, which is there already")
        self._keys.add(key)
        for table, band in zip(self._tables, bands, strict=True):
            table[band].add(key)

    def candidates(self, signature: npt.ArrayLike) -> set[str | int]:
        """Return the keys of all signatures that agree in a whole band; `ValueError` for another shape."""
        found: set[str | int] = set()
        for table, band in zip(self._tables, self._bands(signature), strict=True):
            found |= table.get(band, set())
        return found

    def _bands(self, signature: npt.ArrayLike) -> Iterator[bytes]:
        numbers = np.asarray(signature)
        bands, rows = self._shape
        if numbers.shape != (bands * rows,):
            raise ValueError(f"signature must have shape ({bands * rows},), got shape {numbers.shape}")
        return (band.tobytes() for band in numbers.astype(np.int64).reshape(bands, rows))


def near_duplicates(
    sets: Sequence[Collection[str]], threshold: float, random_state: int | np.random.Generator | None = None
) -> list[tuple[int, int]]:
    """Return the sorted pairs (i, j), i < j, of similarity >= threshold: candidates of an LSH index, compared exactly.

    Raises `ValueError` for a set without items, or a threshold outside 0 < threshold <= 1.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, got {threshold}")
    bands, rows = _banding(threshold, 128)
    minhash, index = MinHash(bands * rows, random_state), LSHIndex(bands, rows)
    found = []
    for j, items in enumerate(map(frozenset, sets)):
        signature = minhash.signature(items)
        for i in index.candidates(signature):
            other = frozenset(sets[int(i)])
            if len(items & other) / len(items | other) >= threshold:
                found.append((int(i), j))
        index.add(j, signature)
    return sorted(found)


def _banding(threshold: float, n_hashes: int) -> tuple[int, int]:
    """The bands and rows with the longest bands that still find a pair at the threshold with probability SURE."""
    for rows in range(n_hashes, 1, -1):
        bands = n_hashes // rows
        if 1 - (1 - threshold**rows) ** bands >= SURE:
            return bands, rows
    return n_hashes, 1
