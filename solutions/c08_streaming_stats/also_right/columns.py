"""Loops over columns and pairs of columns, with lists of numbers as the state."""

import numpy as np


class StreamingStats:
    def __init__(self, n_features):
        if n_features < 1:
            raise ValueError("n_features must be positive")
        self.n_features = n_features
        self.count = 0
        self.means = [0.0] * n_features
        self.products = [[0.0] * n_features for _ in range(n_features)]

    @property
    def mean(self):
        if self.count == 0:
            raise RuntimeError("no data yet")
        return np.array(self.means)

    def update(self, batch):
        batch = np.array(batch, dtype=float)
        if batch.ndim != 2 or len(batch) == 0 or batch.shape[1] != self.n_features:
            raise ValueError(f"expected (m, {self.n_features}), got {batch.shape}")
        size = len(batch)
        means = []
        columns = []
        for i in range(self.n_features):
            mean = sum(batch[:, i]) / size if size < 50 else batch[:, i].mean()
            means.append(mean)
            columns.append(batch[:, i] - mean)
        products = [[0.0] * self.n_features for _ in range(self.n_features)]
        for i in range(self.n_features):
            for j in range(i + 1):
                products[i][j] = products[j][i] = float(np.dot(columns[i], columns[j]))
        self.add_group(size, means, products)
        return self

    def merge(self, other):
        if other.n_features != self.n_features:
            raise ValueError(f"cannot merge {other.n_features} features into {self.n_features}")
        if other.count > 0:
            self.add_group(other.count, other.means, other.products)
        return self

    def add_group(self, count, means, products):
        total = self.count + count
        deltas = [b - a for a, b in zip(self.means, means, strict=True)]
        for i in range(self.n_features):
            for j in range(self.n_features):
                between = deltas[i] * deltas[j] * self.count * count / total
                self.products[i][j] += products[i][j] + between
        for i in range(self.n_features):
            self.means[i] += deltas[i] * count / total
        self.count = total

    def covariance(self, ddof=0):
        if self.count == 0:
            raise RuntimeError("no data yet")
        if ddof < 0 or self.count - ddof < 1:
            raise ValueError(f"ddof={ddof} with {self.count} rows")
        return np.array(self.products) / (self.count - ddof)

    def variance(self, ddof=0):
        return np.diag(self.covariance(ddof)).copy()
