"""Many calls to the subject in one question, and how likely k-means++ makes a start."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import kmeans as kata
import numpy as np

Array = np.ndarray[Any, Any]


def starts(X: Array, k: int, states: Sequence[Any]) -> Array:
    """The starting centroids of one new object per random_state, (number of states, k, d)."""
    return np.array([kata.KMeans(k=k, random_state=state).initialize_centroids(X.copy()) for state in states])


def fits(X: Array, k: int, states: Sequence[Any], **options: Any) -> list[dict[str, Any]]:
    """What `fit` finds with one new object per random_state, and as "start" what a call draws in the same state."""
    answers = []
    for state in states:
        X = copy.deepcopy(X)
        start = kata.KMeans(k=k, random_state=copy.deepcopy(state)).initialize_centroids(X)
        model = kata.KMeans(k=k, random_state=state, **options)
        found = {"start": start, "returns itself": model.fit(X) is model, "centers": model.get_cluster_centers()}
        found |= {name: getattr(model, name) for name in ("centroids", "labels", "cost_history")}
        answers.append(found | {"predicted": model.predict(X)})
    return answers


WEIGHTS: dict[str, Callable[[Array], Array]] = {
    "": lambda x: np.sum(x**2, axis=2).min(axis=0),
    "drawn by the distance: by the squared distance": lambda x: np.sqrt(np.sum(x**2, axis=2).min(axis=0)),
    "drawn by the fourth power: the distances are squared twice": lambda x: np.sum(x**2, axis=2).min(axis=0) ** 2,
    "all rows are equally likely: the weight is the squared distance": lambda x: np.ones(x.shape[1]),
    "the farthest row is taken: draw by the squared distances": lambda x: np.eye(x.shape[1])[
        np.sum(x**2, axis=2).min(axis=0).argmax()
    ],
    "distances to the last centroid alone: to the nearest so far": lambda x: np.sum(x[-1] ** 2, axis=1),
    "distances to the first centroid alone: to the nearest so far": lambda x: np.sum(x[0] ** 2, axis=1),
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
