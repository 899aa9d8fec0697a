"""Loops for rows that count alike; np.average and np.cov of each batch, mixed by their weights, for those that decay."""

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


class DecayedStats:
    def __init__(self, n_features, half_life):
        if n_features < 1 or not (half_life > 0 and half_life != float("inf")):
            raise ValueError(f"cannot use n_features={n_features}, half_life={half_life}")
        self.n_features, self.half_life = n_features, half_life
        self.count = 0
        self.sums = None  # weight, squared weights, mean, covariance

    def update(self, batch):
        rows = np.array(batch, dtype=float)
        if rows.ndim != 2 or rows.shape[1] != self.n_features or rows.shape[0] == 0:
            raise ValueError(f"batch has shape {rows.shape}, not (m, {self.n_features})")
        weights = 0.5 ** (np.arange(len(rows) - 1, -1, -1) / self.half_life)
        mean = np.average(rows - rows[-1], axis=0, weights=weights) + rows[-1]
        covariance = np.cov(rows - rows[-1], rowvar=False, aweights=weights, ddof=0)
        covariance = covariance.reshape(self.n_features, self.n_features)
        return self._append(len(rows), (weights.sum(), (weights**2).sum(), mean, covariance))

    def merge(self, other):
        if other.n_features != self.n_features or other.half_life != self.half_life:
            raise ValueError("the other object has another number of features, or another half-life")
        return self._append(other.count, other.sums)

    def _append(self, count, newer):
        if count == 0:
            return self
        if self.sums is None:
            self.sums, self.count = newer, count
            return self
        decay = 0.5 ** (count / self.half_life)
        w1, s1, mean1, covariance1 = self.sums
        w2, s2, mean2, covariance2 = newer
        w1, s1 = w1 * decay, s1 * decay * decay
        part = w2 / (w1 + w2)
        gap = mean2 - mean1
        mean = mean1 + part * gap
        covariance = (1 - part) * covariance1 + part * covariance2 + part * (1 - part) * np.outer(gap, gap)
        self.sums = w1 + w2, s1 + s2, mean, covariance
        self.count += count
        return self

    def _seen(self):
        if self.sums is None:
            raise RuntimeError("no rows were seen")
        return self.sums

    @property
    def effective_count(self):
        return float(self.sums[0] ** 2 / self.sums[1]) if self.sums else 0.0

    @property
    def mean(self):
        return self._seen()[2].copy()

    def variance(self):
        return self._seen()[3].diagonal().copy()

    def covariance(self):
        return self._seen()[3].copy()
