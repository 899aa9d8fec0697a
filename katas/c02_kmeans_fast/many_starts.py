"""Starting centroids by the thousand, for the suite's statistics, and all that there is to know of a fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import kmeans_fast as kata
import numpy as np


def draw_starts(X: Sequence[Sequence[float]], k: int, seed: int, count: int) -> list[list[list[float]]]:
    """The starting centroids of `count` objects that share one generator."""
    rng = np.random.default_rng(seed)
    rows = np.array(X)
    starts = [kata.OptimizedKMeans(k=k, random_state=rng).initialize_centroids(rows) for _ in range(count)]
    return [np.asarray(start).tolist() for start in starts]


def first_costs(X: Sequence[Sequence[float]], k: int, seed: int | None, count: int) -> list[float]:
    """The cost of the start in each of `count` fits, without random_state or with one generator for all."""
    rng = None if seed is None else np.random.default_rng(seed)
    return [kata.OptimizedKMeans(k=k, random_state=rng).fit(X).cost_history[0] for _ in range(count)]


class Fit:
    """The attributes of a new object that was fitted to X, and as `start` where it has to start from."""

    def __init__(self, X: np.ndarray[Any, Any], k: int, options: dict[str, Any]) -> None:
        fitted = kata.OptimizedKMeans(k=k, **options).fit(X)
        self.centroids = fitted.centroids
        self.labels = fitted.labels
        self.inertia = fitted.inertia
        self.n_iterations = fitted.n_iterations
        self.cost_history = fitted.cost_history
        self.start = kata.OptimizedKMeans(k=k, **options).initialize_centroids(X)
