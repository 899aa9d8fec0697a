"""Sums of rows and of products, after the first row was taken off from all: small numbers, as long as the data stay around it."""

import numpy as np


class StreamingStats:
    def __init__(self, n_features):
        if n_features < 1:
            raise ValueError(f"n_features must be at least 1, got {n_features}")
        self.n_features = n_features
        self.count = 0
        self.origin = None
        self.sums = np.zeros(n_features)
        self.products = np.zeros((n_features, n_features))

    def update(self, batch):
        batch = np.asarray(batch, dtype=np.float64)
        if batch.ndim != 2 or batch.shape[0] == 0 or batch.shape[1] != self.n_features:
            raise ValueError(f"batch must have shape (m, {self.n_features}), got {batch.shape}")
        if self.origin is None:
            self.origin = batch[0].copy()
        near = batch - self.origin
        self.count += len(near)
        self.sums = self.sums + near.sum(axis=0)
        self.products = self.products + near.T @ near
        return self

    def merge(self, other):
        if other.n_features != self.n_features:
            raise ValueError(f"{other.n_features} features do not fit {self.n_features}")
        if other.count == 0:
            return self
        if self.origin is None:
            self.origin = other.origin.copy()
        move = other.origin - self.origin
        crossed = np.outer(move, other.sums)
        moved = other.products + crossed + crossed.T + other.count * np.outer(move, move)
        self.products = self.products + moved
        self.sums = self.sums + other.sums + other.count * move
        self.count += other.count
        return self

    @property
    def mean(self):
        if self.count == 0:
            raise RuntimeError("there are no rows")
        return self.origin + self.sums / self.count

    def covariance(self, ddof=0):
        if self.count == 0:
            raise RuntimeError("there are no rows")
        if not 0 <= ddof < self.count:
            raise ValueError(f"ddof must be below {self.count}, got {ddof}")
        centre = self.sums / self.count
        return (self.products - self.count * np.outer(centre, centre)) / (self.count - ddof)

    def variance(self, ddof=0):
        return np.array(np.diagonal(self.covariance(ddof)))
