"""Entries by one key, row · columns + column; sums by row from a prefix sum per row; postings as slices of one array."""

import numpy as np


class CSRMatrix:
    def __init__(self, rows, columns, values, shape):
        r, c, v = np.atleast_1d(rows), np.atleast_1d(columns), np.atleast_1d(np.asarray(values, dtype=np.float64))
        if np.ndim(rows) != 1 or np.ndim(values) != 1 or r.shape != c.shape or r.shape != v.shape:
            raise ValueError(f"one-dimensional and of one length, please: {r.shape}, {c.shape}, {v.shape}")
        if shape[0] < 1 or shape[1] < 1:
            raise ValueError(f"no matrix has the shape {shape}")
        if np.any(r < 0) or np.any(r >= shape[0]) or np.any(c < 0) or np.any(c >= shape[1]):
            raise ValueError(f"indices must be inside {shape}")
        self.shape = tuple(shape)
        keys, where = np.unique(r.astype(np.int64) * shape[1] + c.astype(np.int64), return_inverse=True)
        self.values = np.zeros(len(keys))
        np.add.at(self.values, where, v)
        self.rows, self.columns = np.divmod(keys, shape[1])
        self.start = np.searchsorted(self.rows, np.arange(shape[0] + 1))
        self.busy = np.flatnonzero(np.diff(self.start))  # reduceat is right for rows that are not empty

    def dot(self, vector):
        if np.shape(vector) != (self.shape[1],):
            raise ValueError(f"the vector must have {self.shape[1]} elements, got {np.shape(vector)}")
        out = np.zeros(self.shape[0])
        if self.busy.size:
            products = np.asarray(vector, dtype=np.float64)[self.columns] * self.values
            out[self.busy] = np.add.reduceat(products, self.start[self.busy])
        return out

    def row(self, i):
        if i not in range(self.shape[0]):
            raise ValueError(f"row {i} of {self.shape[0]}")
        a, b = self.start[i], self.start[i + 1]
        return np.array(self.columns[a:b]), np.array(self.values[a:b])


class TfidfIndex:
    def __init__(self, documents):
        if len(documents) < 1:
            raise ValueError("at least one document is needed")
        sizes = [len(document) for document in documents]
        words = np.array([word for document in documents for word in document], dtype=str)
        vocabulary, codes = np.unique(words, return_inverse=True)
        self.n, self.code_of = len(documents), {word: i for i, word in enumerate(vocabulary.tolist())}
        keys, counts = np.unique(codes * self.n + np.repeat(np.arange(self.n), sizes), return_counts=True)
        words, self.ids = np.divmod(keys, self.n)
        self.start = np.searchsorted(words, np.arange(len(vocabulary) + 1))
        self.idf = 1 + np.log1p(self.n) - np.log1p(np.diff(self.start))
        weights = counts * self.idf[words]
        lengths = np.zeros(self.n)
        np.add.at(lengths, self.ids, weights**2)
        self.weights = weights / np.sqrt(lengths[self.ids])

    def search(self, query, k):
        if not k >= 1:
            raise ValueError(f"k is {k}")
        codes, counts = np.unique([self.code_of[w] for w in query if w in self.code_of], return_counts=True)
        codes = codes.astype(int)
        q = counts * self.idf[codes]
        q = q / np.linalg.norm(q) if len(q) else q
        scores = {}
        for code, weight in zip(codes.tolist(), q.tolist(), strict=True):
            here = slice(self.start[code], self.start[code + 1])
            for i, w in zip(self.ids[here].tolist(), self.weights[here].tolist(), strict=True):
                scores[i] = scores.get(i, 0.0) + w * weight
        ranked = sorted(sorted(scores), key=scores.__getitem__, reverse=True)[:k]
        return np.array(ranked, dtype=int), np.array([scores[i] for i in ranked], dtype=float)
