"""As people publish it: an inverted index of dicts and lists, scores in a dict, a heap for the best k."""

import heapq
import math
from collections import Counter, defaultdict

import numpy as np


class CSRMatrix:
    def __init__(self, rows, columns, values, shape):
        rows, columns, values = np.array(rows), np.array(columns), np.array(values, dtype=float)
        if rows.ndim != 1 or columns.ndim != 1 or values.ndim != 1:
            raise ValueError("rows, columns and values must be 1-D")
        if not len(rows) == len(columns) == len(values):
            raise ValueError("rows, columns and values must be of one length")
        self.n, self.m = shape
        if self.n < 1 or self.m < 1:
            raise ValueError(f"shape must be positive, got {shape}")
        if len(rows) and (rows.min() < 0 or rows.max() >= self.n or columns.min() < 0 or columns.max() >= self.m):
            raise ValueError("an index is out of range")
        cells = defaultdict(float)
        for r, c, v in zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True):
            cells[r, c] += v
        self.by_row = defaultdict(list)
        for (r, c), v in sorted(cells.items()):
            self.by_row[r].append((c, v))
        self.r = np.array([r for r, _ in cells], dtype=int)
        self.c = np.array([c for _, c in cells], dtype=int)
        self.v = np.array(list(cells.values()), dtype=float)

    def dot(self, vector):
        vector = np.array(vector, dtype=float)
        if vector.shape != (self.m,):
            raise ValueError(f"expected a vector of {self.m} numbers, got shape {vector.shape}")
        result = np.zeros(self.n)
        np.add.at(result, self.r, self.v * vector[self.c])
        return result

    def row(self, i):
        if i < 0 or i >= self.n:
            raise ValueError(f"there is no row {i}")
        entries = self.by_row.get(i, [])
        return np.array([c for c, _ in entries], dtype=int), np.array([v for _, v in entries], dtype=float)


class TfidfIndex:
    def __init__(self, documents):
        if not documents:
            raise ValueError("no documents")
        n = len(documents)
        df = Counter()
        for document in documents:
            df.update(set(document))
        self.idf = {word: math.log((1 + n) / (1 + count)) + 1 for word, count in df.items()}
        self.postings = defaultdict(list)
        for i, document in enumerate(documents):
            weights = {word: count * self.idf[word] for word, count in Counter(document).items()}
            length = math.sqrt(sum(w * w for w in weights.values()))
            for word, weight in weights.items():
                self.postings[word].append((i, weight / length))

    def search(self, query, k):
        if k < 1:
            raise ValueError("k must be at least 1")
        weights = {word: count * self.idf[word] for word, count in Counter(query).items() if word in self.idf}
        length = math.sqrt(sum(w * w for w in weights.values()))
        scores = defaultdict(float)
        for word, weight in weights.items():
            for i, value in self.postings[word]:
                scores[i] += value * weight / length
        best = heapq.nsmallest(k, scores.items(), key=lambda entry: (-entry[1], entry[0]))
        return np.array([i for i, _ in best], dtype=int), np.array([s for _, s in best], dtype=float)
