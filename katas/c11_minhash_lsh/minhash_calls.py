"""Many calls to the subject in one question, and one from another process."""

from __future__ import annotations

from collections.abc import Sequence

import minhash_lsh as kata


def signature(n_hashes: int, seed: int, items: list[str]) -> list[int]:
    """A signature as a list."""
    return [int(number) for number in kata.MinHash(n_hashes, random_state=seed).signature(items)]


def similarities(n_hashes: int, seed: int, pairs: Sequence[tuple[list[str], list[str]]]) -> list[float]:
    """The estimate for each pair of sets, by one MinHash."""
    minhash = kata.MinHash(n_hashes, random_state=seed)
    return [minhash.similarity(minhash.signature(a), minhash.signature(b)) for a, b in pairs]


def candidates(bands: int, rows: int, added: Sequence[list[int]], asked: Sequence[list[int]]) -> list[list[int]]:
    """The sorted candidates for each of `asked`, in an index that has `added` under their positions."""
    index = kata.LSHIndex(bands, rows)
    for key, numbers in enumerate(added):
        index.add(key, numbers)
    return [sorted(index.candidates(numbers)) for numbers in asked]
