"""A loop over centroids with masks, differences in place of expanded squares; no private helpers."""

import numpy as np


class MiniBatchKMeans:
    centroids = None

    def __init__(self, k, random_state=None):
        self.k = k
        self.random_state = random_state

    def distances(self, X, centroids):
        return np.stack([((X - c) ** 2).sum(axis=1) for c in centroids], axis=1)

    def check(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2:
            raise ValueError("expected a 2-D array")
        if X.shape[0] == 0 or X.shape[1] == 0:
            raise ValueError("expected at least one row and one column")
        if self.centroids is not None and X.shape[1] != self.centroids.shape[1]:
            raise ValueError("wrong number of columns")
        return X

    def start(self, X):
        if self.k < 1:
            raise ValueError("k must be at least 1")
        if len(X) < self.k:
            raise ValueError("the first batch is too small")
        rng = np.random.default_rng(self.random_state)
        centroids = [X[rng.choice(len(X))]]
        for _ in range(1, self.k):
            d = self.distances(X, centroids).min(axis=1)
            if d.sum() == 0:
                centroids.append(X[0])
            else:
                # inverse of the distribution, another order of draws than rng.choice
                at = np.searchsorted(np.cumsum(d), rng.uniform(0, d.sum()), side="right")
                centroids.append(X[min(at, len(X) - 1)])
        return np.array(centroids)

    def partial_fit(self, batch):
        X = self.check(batch)
        if self.centroids is None:
            centroids = self.start(X)
            counts = np.zeros(self.k, dtype=int)
        else:
            centroids = self.centroids.copy()
            counts = self.counts.copy()
        labels = np.argmin(self.distances(X, centroids), axis=1)
        for j in range(self.k):
            members = X[labels == j]
            if len(members) > 0:
                counts[j] += len(members)
                centroids[j] += (members - centroids[j]).sum(axis=0) / counts[j]
        alive = counts >= counts.max() / 100
        if not alive.all():
            d = self.distances(X, centroids[alive]).min(axis=1)
            least = counts[alive].min()
            order = iter(np.argsort(d)[::-1])
            for j in np.where(~alive)[0]:
                i = next(order, None)
                if i is not None:
                    centroids[j] = X[i]
                    counts[j] = least
        self.centroids = centroids
        self.counts = counts
        return self

    def fit(self, batches):
        self.centroids = None
        any_batch = False
        for batch in batches:
            any_batch = True
            self.partial_fit(batch)
        if not any_batch:
            raise ValueError("no batches")
        return self

    def predict(self, X):
        if self.centroids is None:
            raise RuntimeError("not fitted")
        return np.argmin(self.distances(self.check(X), self.centroids), axis=1)
