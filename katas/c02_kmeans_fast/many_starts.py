"""Many calls to the subject in one question, data on which clusters become empty, and how likely k-means++ makes a start."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import kmeans_fast as kata
import numpy as np

Array = np.ndarray[Any, Any]
_ATTRIBUTES = ("centroids", "labels", "inertia", "n_iterations", "cost_history")


def starts(X: Array, k: int, states: Sequence[Any]) -> Array:
    """The starting centroids of one new object per random_state, (number of states, k, d)."""
    return np.array([kata.OptimizedKMeans(k=k, random_state=state).initialize_centroids(X) for state in states])


def fits(X: Array, k: int, states: Sequence[Any], **options: Any) -> list[dict[str, Any]]:
    """The attributes after `fit` of one new object per random_state, and as "start" what a call draws in the same state."""
    answers = []
    for state in states:
        start = kata.OptimizedKMeans(k=k, random_state=copy.deepcopy(state)).initialize_centroids(X)
        fitted = kata.OptimizedKMeans(k=k, random_state=state, **options).fit(X)
        answers.append({name: getattr(fitted, name) for name in _ATTRIBUTES} | {"start": start})
    return answers


def ask(one: Any, X: Array, centroids: Array, labels: Array) -> dict[str, Any]:
    """What the methods of one object of the subject's give, and then its fit, by name."""
    got: dict[str, Any] = {"initialize_centroids": one.initialize_centroids(X)}
    got["assign_points_to_clusters"] = one.assign_points_to_clusters(X, centroids)
    got |= {"update_centroids": one.update_centroids(X, labels), "returns itself": one.fit(X) is one}
    return got | {f"{name} of fit": getattr(one, name) for name in ("centroids", "labels", "cost_history")}


WEIGHTS: dict[str, Callable[[Array], Array]] = {
    "": lambda x: np.sum(x**2, axis=2).min(axis=0),
    "drawn by the distance: by the squared distance": lambda x: np.sqrt(np.sum(x**2, axis=2).min(axis=0)),
    "drawn by the fourth power: the distances are squared twice": lambda x: np.sum(x**2, axis=2).min(axis=0) ** 2,
    "all rows are equally likely: the weight is the squared distance": lambda x: np.ones(x.shape[1]),
    "the farthest row is taken: draw by the squared distances": lambda x: np.eye(x.shape[1])[
        np.sum(x**2, axis=2).min(axis=0).argmax()
    ],
    "distances to the last centroid alone: to the nearest so far": lambda x: np.sum(x[-1] ** 2, axis=1),
    "distances are added up over centroids: to the nearest so far": lambda x: np.sum(x**2, axis=(0, 2)),
    "the sum of absolute differences: the distance is Euclidean": lambda x: np.abs(x).sum(axis=2).min(axis=0) ** 2,
}
"""Weights of the rows from the differences (chosen, n, d) to those already chosen: the right ones, and mistakes."""


def chances(X: Array, k: int, weights: Callable[[Array], Array] = WEIGHTS[""]) -> dict[bytes, float]:
    """How likely each start of `k` rows is, by the bytes of the start."""
    chance: dict[tuple[int, ...], float] = {(i,): 1 / len(X) for i in range(len(X))}
    total: dict[bytes, float] = {}
    for _ in range(1, k):
        shares = {rows: weights(X[list(rows), None] - X) for rows in chance}
        chance = {(*r, i): p * w / shares[r].sum() for r, p in chance.items() for i, w in enumerate(shares[r]) if w}
    for rows, p in chance.items():
        total[X[list(rows)].tobytes()] = total.get(X[list(rows)].tobytes(), 0.0) + p
    return total


EMPTYING = np.repeat(
    np.array([[59, 63], [76, 13], [18, 82], [44, 63], [18, 83], [80, 23], [67, 19]], dtype=float),
    [4, 12, 4, 3, 1, 12, 12],
    axis=0,
)
"""With k = 3, the first iteration leaves a cluster empty from every sixth start by k-means++; no ties, from any start."""
OUTLYING = np.repeat(
    np.array([[59, 49], [87, 68], [60, 15], [15, 58], [28, 65]], dtype=float), [2, 1, 1, 22, 3], axis=0
)
"""With k = 3, one start in 7 leaves a cluster empty where the row farthest from its own mean is not that farthest from all."""
FAR = 1e8
MANY = np.random.default_rng(12).normal(size=(60, 2))
PLANE = np.array([[0.0, 0.0], [5.0, 5.0], [7.0, 0.0], [-2.0, -2.0]])
EQUAL_ROWS = np.array([[0.0]] * 4 + [[1.0], [3.0]])
TIGHT = np.repeat([-5000.0, 4700.0, 5000.0], 4)[:, None] + np.tile([0.0, 1.37, 2.61, 4.2], 3)[:, None]
DISTANT = np.random.default_rng(9).normal(size=(30, 2)) / 128 + np.repeat([[-1e6, 0], [1e6, 0], [0, 1e6]], 10, axis=0)


def loops(X: list[list[float]], C: list[list[float]]) -> list[list[float]]:
    """One iteration in plain Python: the means of the rows that are nearest to each centroid."""
    groups: list[list[list[float]]] = [[] for _ in C]
    for x in X:
        groups[min(range(len(C)), key=lambda j: sum((a - b) * (a - b) for a, b in zip(x, C[j], strict=True)))].append(x)
    return [[sum(column) / len(group) for column in zip(*group, strict=True)] for group in groups]
