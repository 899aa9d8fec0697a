"""A decision tree for classification, grown by information gain: the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[Any]
Float64Array = npt.NDArray[np.float64]

LEAST_GAIN = 1e-9
"""Gains that differ by less are equal: rounding must not choose."""


@dataclass
class Leaf:
    """A node that answers."""

    label: Any


@dataclass
class Split:
    """A node that asks: rows with `x[feature] <= threshold` go left."""

    feature: int
    threshold: float
    left: Leaf | Split
    right: Leaf | Split


class DecisionTree:
    """A tree of at most `max_depth` splits on the way to a leaf; nodes of less than `min_samples_split` rows are leaves."""

    def __init__(self, max_depth: int = 10, min_samples_split: int = 2) -> None:
        if max_depth < 0:
            raise ValueError(f"max_depth must be at least 0, got {max_depth}")
        if min_samples_split < 2:
            raise ValueError(f"min_samples_split must be at least 2, got {min_samples_split}")
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self._root: Leaf | Split | None = None

    def entropy(self, y: npt.ArrayLike) -> float:
        """Return the entropy of labels (n,), in bits."""
        labels = _as_labels(y, "y")
        if len(labels) == 0:
            raise ValueError("y must have at least one label, got none")
        shares = np.unique(labels, return_counts=True)[1] / len(labels)
        return float(shares @ np.log2(1 / shares))

    def information_gain(self, parent: npt.ArrayLike, left: npt.ArrayLike, right: npt.ArrayLike) -> float:
        """Return the entropy of the parent less that of its sides, each weighed by its share of the labels."""
        whole = _as_labels(parent, "parent")
        sides = [_as_labels(left, "left"), _as_labels(right, "right")]
        if len(whole) != sum(map(len, sides)):
            raise ValueError(f"left and right must have {len(whole)} labels together, got {sum(map(len, sides))}")
        return self.entropy(whole) - sum(len(side) / len(whole) * self.entropy(side) for side in sides if len(side))

    def best_split(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[int, float] | tuple[None, None]:
        """Return feature and threshold of the largest gain, the first of equal ones; `(None, None)` if nothing gains."""
        rows, labels = _as_training(X, y)
        best: tuple[int, float] | tuple[None, None] = (None, None)
        most = 0.0
        for feature, column in enumerate(rows.T):
            values = np.unique(column)
            for threshold in (values[:-1] + values[1:]) / 2:
                goes_left = column <= threshold
                gain = self.information_gain(labels, labels[goes_left], labels[~goes_left])
                if gain > most + LEAST_GAIN:
                    best, most = (feature, float(threshold)), gain
        return best

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Grow the tree on rows (n, d) with labels (n,)."""
        rows, labels = _as_training(X, y)
        self._n_features = rows.shape[1]
        self._root = self._grow(rows, labels, depth=0)
        return self

    def predict(self, X: npt.ArrayLike) -> Labels:
        """Return the label of each row's leaf, shape (q,)."""
        root = self._fitted()
        rows = _as_rows(X)
        if rows.shape[1] != self._n_features:
            raise ValueError(f"X must have {self._n_features} columns, as in fit, got {rows.shape[1]}")
        return np.array([_label_of(root, row) for row in rows])

    def to_text(self) -> str:
        """Return a line for each node, a node before its sides."""
        return "\n".join(_lines(self._fitted(), "Root", ""))

    def _grow(self, rows: Float64Array, labels: Labels, depth: int) -> Leaf | Split:
        if depth < self.max_depth and len(labels) >= self.min_samples_split:
            feature, threshold = self.best_split(rows, labels)
            if feature is not None and threshold is not None:
                goes_left = rows[:, feature] <= threshold
                left = self._grow(rows[goes_left], labels[goes_left], depth + 1)
                right = self._grow(rows[~goes_left], labels[~goes_left], depth + 1)
                return Split(feature, threshold, left, right)
        classes, counts = np.unique(labels, return_counts=True)
        return Leaf(classes[counts.argmax()])

    def _fitted(self) -> Leaf | Split:
        if self._root is None:
            raise RuntimeError("this needs a fitted tree: call fit first")
        return self._root


def _label_of(node: Leaf | Split, row: Float64Array) -> Any:
    while isinstance(node, Split):
        node = node.left if row[node.feature] <= node.threshold else node.right
    return node.label


def _lines(node: Leaf | Split, name: str, indent: str) -> list[str]:
    if isinstance(node, Leaf):
        return [f"{indent}{name}: Predict {node.label}"]
    sides = _lines(node.left, "Left", indent + "  ") + _lines(node.right, "Right", indent + "  ")
    return [f"{indent}{name}: Feature {node.feature} <= {node.threshold}", *sides]


def _as_labels(y: npt.ArrayLike, name: str) -> Labels:
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), got shape {labels.shape}")
    return labels


def _as_rows(X: npt.ArrayLike) -> Float64Array:
    rows = np.asarray(X, dtype=np.float64)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"X must have shape (n, d), no axis of length zero, got shape {rows.shape}")
    return rows


def _as_training(X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Float64Array, Labels]:
    rows, labels = _as_rows(X), _as_labels(y, "y")
    if len(rows) != len(labels):
        raise ValueError(f"y must have {len(rows)} labels, one for each row, got {len(labels)}")
    return rows, labels
