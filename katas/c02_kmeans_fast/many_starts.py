"""Starting centroids by the thousand, for the suite's statistics, and all that there is to know of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import kmeans_fast as kata
import numpy as np


def draw_starts(X: Sequence[Sequence[float]], k: int, seed: int, count: int) -> list[list[list[float]]]:
    """The starting centroids of `count` objects that share one generator."""
    rng = np.random.default_rng(seed)
    rows = np.array(X)
    starts = [kata.OptimizedKMeans(k=k, random_state=rng).initialize_centroids(rows) for _ in range(count)]
    return [np.asarray(start).tolist() for start in starts]


def fit_anew(X: np.ndarray[Any, Any], k: int, options: dict[str, Any]) -> SimpleNamespace:
    """The attributes of a new object that was fitted to X, and as `start` where it has to start from."""
    fitted = kata.OptimizedKMeans(k=k, **options).fit(X)
    names = ("centroids", "labels", "inertia", "n_iterations", "cost_history")
    start = kata.OptimizedKMeans(k=k, **options).initialize_centroids(X)
    return SimpleNamespace(start=start, **{name: getattr(fitted, name) for name in names})
