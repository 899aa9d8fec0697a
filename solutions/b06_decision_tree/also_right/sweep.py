"""Sorted once for each feature, class counts swept from right to left; the tree in flat lists, grown with a stack."""

from __future__ import annotations

import numpy as np


def bits(counts):
    """Entropy of each row of class counts, 0 for a row without any."""
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=-1, keepdims=True)
    p = np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)
    return -(p * np.log2(np.where(p > 0, p, 1.0))).sum(axis=-1) + 0.0


def labels_of(y, empty=False):
    y = np.asarray(y)
    if y.ndim != 1 or (len(y) == 0 and not empty):
        raise ValueError(f"labels must have shape (n,), got {y.shape}")
    return y


class DecisionTree:
    def __init__(self, max_depth=10, min_samples_split=2):
        if max_depth < 0 or min_samples_split < 2:
            raise ValueError(
                f"got max_depth={max_depth} (at least 0), min_samples_split={min_samples_split} (at least 2)"
            )
        self.max_depth, self.min_samples_split = max_depth, min_samples_split
        self.nodes = []

    def entropy(self, y):
        return float(bits(np.unique(labels_of(y), return_counts=True)[1]))

    def information_gain(self, parent, left, right):
        parent, left, right = labels_of(parent), labels_of(left, True), labels_of(right, True)
        if len(left) + len(right) != len(parent):
            raise ValueError("the sides do not have as many labels as the parent")
        sides = sum(len(side) * self.entropy(side) for side in (left, right) if len(side) > 0)
        return self.entropy(parent) - sides / len(parent)

    def _checked(self, X, y):
        X, y = np.asarray(X, dtype=float), labels_of(y)
        if X.ndim != 2 or X.shape[1] == 0 or len(X) != len(y):
            raise ValueError(f"X must have shape ({len(y)}, d), got {X.shape}")
        return X, y

    def best_split(self, X, y):
        X, y = self._checked(X, y)
        classes, codes = np.unique(y, return_inverse=True)
        one_hot = np.eye(len(classes))[codes]
        total = one_hot.sum(axis=0)
        found = []
        for feature in range(X.shape[1]):
            order = np.argsort(X[:, feature])
            values = X[order, feature]
            left = np.cumsum(one_hot[order], axis=0)[:-1]
            n_left = np.arange(1, len(y))
            gain = bits(total) - (n_left * bits(left) + (len(y) - n_left) * bits(total - left)) / len(y)
            cuts = np.flatnonzero(values[1:] > values[:-1])
            found += [(gain[i], feature, (values[i] + values[i + 1]) / 2) for i in cuts]
        best = max((gain for gain, _, _ in found), default=0.0)
        if best < 1e-9:
            return None, None
        _, feature, threshold = next(split for split in found if split[0] > best - 1e-9)
        return feature, threshold

    def fit(self, X, y):
        X, y = self._checked(X, y)
        self.n_features = X.shape[1]
        self.nodes = [None]
        stack = [(0, np.arange(len(y)), 0)]
        while stack:
            place, rows, depth = stack.pop()
            feature = None
            if depth < self.max_depth and len(rows) >= self.min_samples_split:
                feature, threshold = self.best_split(X[rows], y[rows])
            if feature is None:
                classes, counts = np.unique(y[rows], return_counts=True)
                self.nodes[place] = (classes[np.argmax(counts)],)
                continue
            left = X[rows, feature] <= threshold
            child = len(self.nodes)
            self.nodes += [None, None]
            self.nodes[place] = (feature, threshold, child)
            stack += [(child, rows[left], depth + 1), (child + 1, rows[~left], depth + 1)]
        return self

    def predict(self, X):
        if not self.nodes:
            raise RuntimeError("not fitted")
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or len(X) == 0 or X.shape[1] != self.n_features:
            raise ValueError(f"X must have shape (q, {self.n_features}), got {X.shape}")
        answers = []
        for row in X:
            node = self.nodes[0]
            while len(node) > 1:
                feature, threshold, child = node
                node = self.nodes[child + int(row[feature] > threshold)]
            answers.append(node[0])
        return np.asarray(answers)

    def to_text(self, place=0, name="Root", depth=0):
        if not self.nodes:
            raise RuntimeError("not fitted")
        node = self.nodes[place]
        if len(node) == 1:
            return f"{'  ' * depth}{name}: Predict {node[0]}"
        feature, threshold, child = node
        return "\n".join(
            [
                f"{'  ' * depth}{name}: Feature {feature} <= {threshold}",
                self.to_text(child, "Left", depth + 1),
                self.to_text(child + 1, "Right", depth + 1),
            ]
        )
