"""Many questions in one go, beside the subject: starting centroids by the thousand, answers of new objects, and fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import kmeans_fast as kata
import numpy as np

Array = np.ndarray[Any, Any]


def draw_starts(X: Array, k: int, seed: int, count: int) -> Array:
    """The starting centroids of `count` objects that share one generator, in one array (count, k, d)."""
    rng = np.random.default_rng(seed)
    return np.array([kata.OptimizedKMeans(k=k, random_state=rng).initialize_centroids(X) for _ in range(count)])


def first_costs(X: Sequence[Sequence[float]], k: int, seed: int | None, count: int) -> list[float]:
    """The cost of the start in each of `count` fits, without random_state or with one generator for all."""
    rng = None if seed is None else np.random.default_rng(seed)
    return [kata.OptimizedKMeans(k=k, random_state=rng).fit(X).cost_history[0] for _ in range(count)]


def fit_in_four_ways(X: Array, k: int, seed: int) -> list[list[Array]]:
    """Centroids of fits that should agree: on one object twice and on another, and with two generators in one state."""
    one = kata.OptimizedKMeans(k=k, random_state=seed)
    by_seed = [one, one, kata.OptimizedKMeans(k=k, random_state=seed)]
    by_generator = [kata.OptimizedKMeans(k=k, random_state=np.random.default_rng(seed)) for _ in range(2)]
    return [[np.array(model.fit(X).centroids) for model in models] for models in (by_seed, by_generator)]


def answer(k: int, options: dict[str, Any], method: str, *args: Any) -> Any:
    """What a new object answers."""
    return getattr(kata.OptimizedKMeans(k=k, **options), method)(*args)


def answers(questions: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What new objects answer, one for each question."""
    return [answer(*question) for question in questions]


def answers_with_types(given: str, X: Array, centroids: Array, labels: Array) -> dict[str, tuple[str, Array]]:
    """What new objects answer when X and centroids are of a type of NumPy's: types and values, for all travels as arrays."""
    rows, others = X.view(getattr(np, given)), centroids.view(getattr(np, given))
    got = {
        "initialize_centroids": answer(2, {"random_state": 0}, "initialize_centroids", rows),
        "assign_points_to_clusters": answer(2, {}, "assign_points_to_clusters", rows, others),
        "update_centroids": answer(2, {}, "update_centroids", rows, labels),
        "centroids after fit": answer(2, {"random_state": 0}, "fit", rows).centroids,
    }
    return {name: (type(value).__name__, np.array(value)) for name, value in got.items()}


class Fit:
    """The attributes of a new object that was fitted to X, and as `start` where it has to start from."""

    def __init__(self, X: Array, k: int, options: dict[str, Any]) -> None:
        fitted = kata.OptimizedKMeans(k=k, **options).fit(X)
        self.centroids = fitted.centroids
        self.labels = fitted.labels
        self.inertia = fitted.inertia
        self.n_iterations = fitted.n_iterations
        self.cost_history = fitted.cost_history
        self.start = kata.OptimizedKMeans(k=k, **options).initialize_centroids(X)


def fits(questions: Sequence[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    """Each attribute of a `Fit`, for every X, k and options; arrays that are alike in one array, which is told faster."""
    each = [Fit(*question) for question in questions]
    return {name: _packed([getattr(fit, name) for fit in each]) for name in vars(each[0])}


def fits_by_seed(X: Array, k: int, seeds: Sequence[int], options: dict[str, Any]) -> dict[str, Sequence[Any]]:
    """The same for one X, k and options, and many seeds."""
    return fits([(X, k, options | {"random_state": seed}) for seed in seeds])


def labels_by_seed(X: Array, k: int, seeds: Sequence[int], options: dict[str, Any]) -> Sequence[Any]:
    """The labels alone."""
    return _packed([kata.OptimizedKMeans(k=k, random_state=seed, **options).fit(X).labels for seed in seeds])


def _packed(values: list[Any]) -> Sequence[Any]:
    kinds = {(type(value), value.dtype, value.shape) if isinstance(value, np.ndarray) else None for value in values}
    are_alike = len(kinds) == 1 and type(values[0]) is np.ndarray
    return np.array(values) if are_alike else tuple(values)  # type: ignore[return-value]
