"""No arithmetic: each hash function is a part of a keyed BLAKE2 digest; candidates by sorting each band."""

import hashlib

import numpy as np


class MinHash:
    def __init__(self, n_hashes=128, random_state=None):
        if not n_hashes >= 1:
            raise ValueError(f"n_hashes is {n_hashes}")
        self.n = n_hashes
        self.key = np.random.default_rng(random_state).bytes(16)
        self.known = {}

    def _hashes(self, item):
        if item not in self.known:
            blocks = range(-(-self.n // 16))
            digests = [hashlib.blake2b(item.encode(), key=self.key, salt=bytes([b % 256, b // 256])) for b in blocks]
            numbers = np.frombuffer(b"".join(d.digest() for d in digests), dtype=">u4")[: self.n]
            self.known[item] = numbers.astype(np.int64)
        return self.known[item]

    def signature(self, items):
        if not items:
            raise ValueError("at least one item, please")
        return np.min([self._hashes(item) for item in items], axis=0)

    def similarity(self, a, b):
        if np.ndim(a) != 1 or np.shape(a) != np.shape(b) or not len(a):
            raise ValueError(f"shapes {np.shape(a)} and {np.shape(b)}")
        return np.count_nonzero(np.equal(a, b)) / len(a)


class LSHIndex:
    def __init__(self, bands, rows):
        if bands < 1 or rows < 1:
            raise ValueError(f"{bands} bands of {rows} rows")
        self.tables = [{} for _ in range(bands)]
        self.length, self.rows = bands * rows, rows
        self.keys = set()

    def _parts(self, signature):
        signature = np.asarray(signature)
        if signature.ndim != 1 or len(signature) != self.length:
            raise ValueError(f"expected {self.length} numbers, got shape {signature.shape}")
        return [tuple(part.tolist()) for part in np.split(signature, self.length // self.rows)]

    def add(self, key, signature):
        parts = self._parts(signature)
        if key in self.keys:
            raise ValueError(f"{key!r} twice")
        self.keys.add(key)
        for table, part in zip(self.tables, parts, strict=True):
            table.setdefault(part, set()).add(key)

    def candidates(self, signature):
        return set().union(*(t.get(part, set()) for t, part in zip(self.tables, self._parts(signature), strict=True)))


def near_duplicates(sets, threshold, random_state=None):
    if not 0 < threshold <= 1:
        raise ValueError(f"no threshold: {threshold}")
    if len(sets) == 0:
        return []
    rows = next(r for r in (16, 12, 8, 6, 5, 4, 3, 2, 1) if (1 - threshold**r) ** (192 // r) < 0.004 or r == 1)
    bands = 192 // rows
    minhash = MinHash(bands * rows, random_state)
    table = np.array([minhash.signature(items) for items in sets]).reshape(len(sets), bands, rows)
    pairs = set()
    for band in range(bands):
        groups = {}
        for i, part in enumerate(table[:, band]):
            group = groups.setdefault(part.tobytes(), [])
            pairs.update((other, i) for other in group)
            group.append(i)
    unique = [set(items) for items in sets]
    return sorted((i, j) for i, j in pairs if len(unique[i] & unique[j]) / len(unique[i] | unique[j]) >= threshold)
