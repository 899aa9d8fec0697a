"""Starting centroids by the thousand, for the suite's statistics."""

from __future__ import annotations

from collections.abc import Sequence

import kmeans_fast as kata
import numpy as np


def draw_starts(X: Sequence[Sequence[float]], k: int, seed: int, count: int) -> list[list[list[float]]]:
    """The starting centroids of `count` objects that share one generator."""
    rng = np.random.default_rng(seed)
    rows = np.array(X)
    starts = [kata.OptimizedKMeans(k=k, random_state=rng).initialize_centroids(rows) for _ in range(count)]
    return [np.asarray(start).tolist() for start in starts]
