"""Keeps sums about the first row in place of means; labels in blocks of rows; np.add.at for the sums."""

import numpy as np


class MiniBatchKMeans:
    def __init__(self, k, random_state=None):
        self.k, self.random_state = k, random_state
        self.sums = None

    @staticmethod
    def _rows(X, columns=None):
        rows = np.array(X, dtype=np.float64)
        if rows.ndim != 2 or rows.size == 0 or (columns is not None and rows.shape[1] != columns):
            raise ValueError(f"rows of shape {rows.shape}, expected (m, {columns or 'd'})")
        return rows

    @staticmethod
    def _label(rows, centroids):
        labels, distances = np.empty(len(rows), dtype=int), np.empty(len(rows))
        norms = (centroids * centroids).sum(axis=1)
        for i in range(0, len(rows), 512):
            block = rows[i : i + 512]
            squares = norms - 2 * block @ centroids.T + (block * block).sum(axis=1)[:, None]
            labels[i : i + 512], distances[i : i + 512] = squares.argmin(axis=1), squares.min(axis=1)
        return labels, distances

    def _draw(self, rows):
        rng = np.random.default_rng(self.random_state)
        starts = rows[[rng.integers(len(rows))]]
        while len(starts) < self.k:
            weights = self._label(rows, starts)[1].clip(0)
            weights = weights if weights.sum() > 0 else np.ones(len(rows))
            starts = np.vstack([starts, rows[rng.choice(len(rows), p=weights / weights.sum())]])
        return starts

    def partial_fit(self, batch):
        rows = self._rows(batch, None if self.sums is None else self.sums.shape[1])
        if self.sums is None:
            if self.k < 1 or len(rows) < self.k:
                raise ValueError(f"k is {self.k}, and the first batch has {len(rows)} rows")
            origin, counts = rows.mean(axis=0), np.zeros(self.k, dtype=np.int64)
            means = self._draw(rows - origin)
            sums = np.zeros_like(means)
        else:
            origin, sums, counts, means = self.origin, self.sums.copy(), self.counts.copy(), self.means
        rows -= origin
        labels = self._label(rows, means)[0]
        onehot = np.zeros((len(rows), self.k))
        onehot[np.arange(len(rows)), labels] = 1
        sums += onehot.T @ rows
        counts += np.bincount(labels, minlength=self.k)
        means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], means)
        dead = np.flatnonzero(counts * 100 < counts.max())
        if dead.size:
            living = np.flatnonzero(counts * 100 >= counts.max())
            far = np.argsort(self._label(rows, means[living])[1])[::-1][: dead.size]
            dead = dead[: far.size]
            means[dead], counts[dead] = rows[far], counts[living].min()
            sums[dead] = means[dead] * counts[dead][:, None]
        self.origin, self.sums, self.counts, self.means = origin, sums, counts, means
        self.centroids = means + origin
        return self

    def fit(self, batches):
        self.sums = None
        for batch in batches:
            self.partial_fit(batch)
        if self.sums is None:
            raise ValueError("there were no batches")
        return self

    def predict(self, X):
        if self.sums is None:
            raise RuntimeError("no batch yet")
        return self._label(self._rows(X, self.sums.shape[1]) - self.origin, self.means)[0]
