"""A random forest for classification: the reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

LEAST_GAIN = 1e-9
"""Rounding alone must not split a node."""


@dataclass
class Leaf:
    """A node that answers with the shares of the classes, shape (K,)."""

    shares: Float64Array


@dataclass
class Split:
    """A node that asks: rows with `x[feature] <= threshold` go left."""

    feature: int
    threshold: float
    left: Leaf | Split
    right: Leaf | Split


class RandomForest:
    """The mean of trees that are grown on bootstrap samples and see `max_features` features at each split (Breiman, 2001).

    Attributes, after `fit`: `classes_` (K,), `bootstrap_indices_` (n_trees, n), `oob_score_`.
    """

    classes_: npt.NDArray[Any]
    bootstrap_indices_: Indices
    oob_score_: float

    def __init__(
        self,
        n_trees: int = 50,
        max_depth: int | None = None,
        max_features: int | str | None = "sqrt",
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        if n_trees < 1:
            raise ValueError(f"n_trees must be at least 1, got {n_trees}")
        if max_depth is not None and max_depth < 0:
            raise ValueError(f"max_depth must be None or at least 0, got {max_depth}")
        self.n_trees = n_trees
        self.max_depth = math.inf if max_depth is None else max_depth
        self.max_features = max_features
        self.random_state = random_state
        self._trees: list[Leaf | Split] = []

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> RandomForest:
        """Grow the trees on rows `X` (n, d) with labels `y` (n,); return self."""
        rows, labels = _matrix(X), np.asarray(y)
        n, d = rows.shape
        if labels.shape != (n,):
            raise ValueError(f"y must have shape ({n},), got shape {labels.shape}")
        self._n_drawn = self._number_of_features(d)
        self._n_features = d
        self._rng = np.random.default_rng(self.random_state)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        one_hot = np.eye(len(self.classes_))[codes]
        self.bootstrap_indices_ = self._rng.integers(n, size=(self.n_trees, n))
        self._trees = [self._grow(rows[drawn], one_hot[drawn], depth=0) for drawn in self.bootstrap_indices_]
        self.oob_score_ = self._score_out_of_bag(rows, codes)
        return self

    def predict_proba(self, X: npt.ArrayLike) -> Float64Array:
        """Return the mean over all trees of the shares of the classes, (q, K), for rows `X` (q, d)."""
        if not self._trees:
            raise RuntimeError("this RandomForest has not been fitted: call fit(X, y) first")
        rows = _matrix(X)
        if rows.shape[1] != self._n_features:
            raise ValueError(f"X must have shape (q, {self._n_features}), as in fit, got shape {rows.shape}")
        return np.asarray(np.mean([_shares(tree, rows) for tree in self._trees], axis=0))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return the label with the largest mean share for each row of `X` (q, d), shape (q,)."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def _number_of_features(self, d: int) -> int:
        if self.max_features is None:
            return d
        if self.max_features == "sqrt":
            return math.isqrt(d)
        if isinstance(self.max_features, str) or not 1 <= self.max_features <= d:
            raise ValueError(f'max_features must be "sqrt", None or from 1 to {d}, got {self.max_features!r}')
        return self.max_features

    def _grow(self, rows: Float64Array, one_hot: Float64Array, depth: int) -> Leaf | Split:
        if depth < self.max_depth:
            drawn = self._rng.choice(rows.shape[1], size=self._n_drawn, replace=False)
            question = _best_question(rows, one_hot, drawn)
            if question is not None:
                feature, threshold = question
                below = rows[:, feature] <= threshold
                left = self._grow(rows[below], one_hot[below], depth + 1)
                right = self._grow(rows[~below], one_hot[~below], depth + 1)
                return Split(feature, threshold, left, right)
        return Leaf(one_hot.mean(axis=0))

    def _score_out_of_bag(self, rows: Float64Array, codes: Indices) -> float:
        """Accuracy of the trees that have not seen the row, over rows that have such a tree."""
        totals, votes = np.zeros((len(rows), len(self.classes_))), np.zeros(len(rows))
        for tree, drawn in zip(self._trees, self.bootstrap_indices_, strict=True):
            unseen = np.setdiff1d(np.arange(len(rows)), drawn)
            totals[unseen] += _shares(tree, rows[unseen])
            votes[unseen] += 1
        tested = votes > 0
        if not tested.any():
            return math.nan
        return float(np.mean(totals[tested].argmax(axis=1) == codes[tested]))


def _best_question(rows: Float64Array, one_hot: Float64Array, features: Indices) -> tuple[int, float] | None:
    """The feature and threshold that lower the Gini impurity most; None if nothing does.

    A side of m rows with counts c has m times the impurity m - |c|²/m, so the best question has the largest sum of |c|²/m.
    """
    n, total = len(rows), one_hot.sum(axis=0)
    best, most = None, total @ total / n + LEAST_GAIN
    for feature in features:
        order = np.argsort(rows[:, feature], kind="stable")
        values, below = rows[order, feature], one_hot[order].cumsum(axis=0)[:-1]
        n_below = np.arange(1, n)
        purity = (below**2).sum(axis=1) / n_below + ((total - below) ** 2).sum(axis=1) / (n - n_below)
        purity[values[1:] == values[:-1]] = 0.0  # no threshold parts equal values
        if n > 1 and purity.max() > most:
            i = int(purity.argmax())
            best, most = (int(feature), float(values[i] + values[i + 1]) / 2), purity[i]
    return best


def _shares(node: Leaf | Split, rows: Float64Array) -> Float64Array:
    """The shares of the leaf that each row comes to, shape (q, K)."""
    if isinstance(node, Leaf):
        return np.tile(node.shares, (len(rows), 1))
    below = rows[:, node.feature] <= node.threshold
    left, right = _shares(node.left, rows[below]), _shares(node.right, rows[~below])
    shares = np.empty((len(rows), left.shape[1]))
    shares[below], shares[~below] = left, right
    return shares


def _matrix(X: npt.ArrayLike) -> Float64Array:
    """`X` as a float64 matrix; `ValueError` for anything else."""
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {rows.shape}")
    return rows
