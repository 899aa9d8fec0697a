"""k-means on a stream of batches: the reference."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]
LEAST_SHARE = 0.01
"""Of the largest count: a centroid with less is dead."""


class MiniBatchKMeans:
    """Mini-batch k-means (Sculley, 2010) from a start by k-means++.

    After the first batch: `centroids` (k, d), and `counts` (k,), of how many rows each is the mean.
    """

    centroids: Float64Array | None
    counts: Labels

    def __init__(self, k: int, random_state: int | np.random.Generator | None = None) -> None:
        self.k = k
        self.random_state = random_state
        self._forget()

    def partial_fit(self, batch: npt.ArrayLike) -> MiniBatchKMeans:
        """Take a step with a batch (m, d), after drawing the start from it if it is the first; return self."""
        rows = _matrix(batch)
        if self.centroids is None:
            centroids, counts = self._start(rows), np.zeros(self.k, dtype=np.intp)
        else:
            centroids, counts = self.centroids, self.counts
        if rows.shape[1] != centroids.shape[1]:
            raise ValueError(f"a batch must have {centroids.shape[1]} columns as before, got {rows.shape[1]}")
        # Distances do not change when the origin moves, and near it the expanded square loses no digits.
        origin = rows.mean(axis=0)
        rows = rows - origin
        centroids = centroids - origin
        labels, _ = _nearest(rows, centroids)
        new = np.bincount(labels, minlength=self.k)
        counts = counts + new
        sums = (labels == np.arange(self.k)[:, None]).astype(np.float64) @ rows
        centroids += (sums - new[:, None] * centroids) / np.maximum(counts, 1)[:, None]
        _revive(centroids, counts, rows)
        self.centroids, self.counts = centroids + origin, counts
        return self

    def fit(self, batches: Iterable[npt.ArrayLike]) -> MiniBatchKMeans:
        """Forget what was before, go once through the batches and return self; `ValueError` if there are none."""
        self._forget()
        for batch in batches:
            self.partial_fit(batch)
        if self.centroids is None:
            raise ValueError("batches must hold at least one batch, got none")
        return self

    def predict(self, X: npt.ArrayLike) -> Labels:
        """Return the nearest centroid of each row of `X` (q, d), shape (q,); `RuntimeError` before any batch."""
        if self.centroids is None:
            raise RuntimeError("predict needs a batch: call partial_fit or fit first")
        rows = _matrix(X)
        if rows.shape[1] != self.centroids.shape[1]:
            raise ValueError(f"X must have {self.centroids.shape[1]} columns, got {rows.shape[1]}")
        origin = rows.mean(axis=0)
        return _nearest(rows - origin, self.centroids - origin)[0]

    def _forget(self) -> None:
        self.centroids, self.counts = None, np.zeros(0, dtype=np.intp)

    def _start(self, rows: Float64Array) -> Float64Array:
        """Draw k rows by k-means++."""
        n = len(rows)
        if not 1 <= self.k <= n:
            raise ValueError(f"k must be in 1..{n}, the number of rows in the first batch, got {self.k}")
        rng = np.random.default_rng(self.random_state)
        chosen = [int(rng.integers(n))]
        nearest = np.full(n, np.inf)
        while len(chosen) < self.k:
            nearest = np.minimum(nearest, np.sum((rows - rows[chosen[-1]]) ** 2, axis=1))
            total = nearest.sum()
            chosen.append(int(rng.choice(n, p=nearest / total) if total > 0 else rng.integers(n)))
        return rows[chosen]


def _matrix(values: npt.ArrayLike) -> Float64Array:
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise ValueError(f"rows must have shape (m, d), m and d at least 1, got {matrix.shape}")
    return matrix


def _nearest(rows: Float64Array, centroids: Float64Array) -> tuple[Labels, Float64Array]:
    """The nearest centroid of each row and its squared distance, by |c|² - 2 c.x + |x|²; scores are (k, m)."""
    scores = (-2.0 * centroids) @ rows.T
    scores += np.sum(centroids**2, axis=1)[:, None]
    labels = scores.argmin(axis=0)
    return labels, scores[labels, np.arange(len(rows))] + np.sum(rows**2, axis=1)


def _revive(centroids: Float64Array, counts: Labels, rows: Float64Array) -> None:
    """Move dead centroids, in place, to the rows that are farthest from all that live."""
    dead = np.flatnonzero(counts < LEAST_SHARE * counts.max())
    if len(dead):
        living = np.setdiff1d(np.arange(len(counts)), dead)
        _, distances = _nearest(rows, centroids[living])
        farthest = np.argsort(-distances)[: len(dead)]
        moved = dead[: len(farthest)]
        centroids[moved] = rows[farthest]
        counts[moved] = counts[living].min()
