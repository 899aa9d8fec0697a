"""As people publish it: a loop over the items, a dict of tuples for each band, similarity by counting."""

import hashlib

import numpy as np


class MinHash:
    def __init__(self, n_hashes=128, random_state=None):
        if n_hashes < 1:
            raise ValueError("n_hashes must be positive")
        self.n_hashes = n_hashes
        rng = np.random.default_rng(random_state)
        self.prime = (1 << 31) - 1
        self.a = rng.integers(1, self.prime, size=n_hashes)
        self.b = rng.integers(0, self.prime, size=n_hashes)

    def signature(self, items):
        signature = np.full(self.n_hashes, np.iinfo(np.int64).max)
        for item in set(items):
            x = int.from_bytes(hashlib.md5(item.encode("utf-8")).digest()[:8], "big") % self.prime
            signature = np.minimum(signature, (self.a * x + self.b) % self.prime)
        if len(items) == 0:
            raise ValueError("no items")
        return signature

    def similarity(self, a, b):
        a, b = list(np.atleast_1d(a)), list(np.atleast_1d(b))
        if len(a) != len(b) or len(a) == 0 or np.ndim(a) != 1 or np.ndim(b) != 1:
            raise ValueError("signatures must be of one length")
        return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


class LSHIndex:
    def __init__(self, bands, rows):
        if min(bands, rows) < 1:
            raise ValueError("bands and rows must be positive")
        self.bands = bands
        self.rows = rows
        self.buckets = {}
        self.keys = set()

    def _pieces(self, signature):
        numbers = np.array(signature).tolist()
        if np.shape(numbers) != (self.bands * self.rows,):
            raise ValueError(f"signature must have {self.bands * self.rows} numbers")
        return [(b, *numbers[b * self.rows : (b + 1) * self.rows]) for b in range(self.bands)]

    def add(self, key, signature):
        pieces = self._pieces(signature)
        if key in self.keys:
            raise ValueError(f"{key} is there")
        self.keys.add(key)
        for piece in pieces:
            self.buckets.setdefault(piece, []).append(key)

    def candidates(self, signature):
        return {key for piece in self._pieces(signature) for key in self.buckets.get(piece, [])}


def near_duplicates(sets, threshold, random_state=None):
    if threshold <= 0 or threshold > 1:
        raise ValueError("threshold must be in (0, 1]")
    rows = max(1, next((r for r in range(1, 20) if (1 - threshold**r) ** (120 // r) > 0.005), 20) - 1)
    bands = 120 // rows
    hasher, index = MinHash(bands * rows, random_state), LSHIndex(bands, rows)
    signatures = [hasher.signature(items) for items in sets]
    for i, signature in enumerate(signatures):
        index.add(i, signature)
    pairs = set()
    for i, signature in enumerate(signatures):
        for j in index.candidates(signature):
            a, b = set(sets[i]), set(sets[j])
            if i < j and len(a & b) / len(a | b) >= threshold:
                pairs.add((i, j))
    return sorted(pairs)
