"""Dictionaries and Counter, as in common repositories; gains are subtracted side by side."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np


class DecisionTree:
    def __init__(self, max_depth=10, min_samples_split=2):
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.root = None

    def entropy(self, y):
        y = np.asarray(y)
        if y.ndim != 1 or len(y) == 0:
            raise ValueError(f"y must be a non-empty list of labels, got shape {y.shape}")
        result = 0.0
        for count in Counter(y.tolist()).values():
            p = count / len(y)
            result -= p * math.log2(p)
        return result

    def information_gain(self, parent, left, right):
        parent, left, right = np.asarray(parent), np.asarray(left), np.asarray(right)
        if left.ndim != 1 or right.ndim != 1:
            raise ValueError("left and right must have one axis")
        gain = self.entropy(parent)
        if len(left) + len(right) != len(parent):
            raise ValueError("left and right do not add up to the parent")
        if len(left) > 0:
            gain -= len(left) / len(parent) * self.entropy(left)
        if len(right) > 0:
            gain -= len(right) / len(parent) * self.entropy(right)
        return gain

    def check(self, X, y=None):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
            raise ValueError(f"X must be two-dimensional and not empty, got shape {X.shape}")
        if y is None:
            return X
        y = np.array(y)
        if y.shape != (X.shape[0],):
            raise ValueError(f"y must have shape ({X.shape[0]},), got {y.shape}")
        return X, y

    def best_split(self, X, y):
        X, y = self.check(X, y)
        best_gain, best_feature, best_threshold = 1e-9, None, None
        for feature in range(X.shape[1]):
            values = sorted(set(X[:, feature].tolist()))
            for low, high in pairwise(values):
                threshold = (low + high) / 2
                left = [y[i] for i in range(len(y)) if X[i, feature] <= threshold]
                right = [y[i] for i in range(len(y)) if X[i, feature] > threshold]
                gain = self.information_gain(y, left, right)
                if gain > best_gain:
                    best_gain, best_feature, best_threshold = gain + 1e-9, feature, threshold
        return best_feature, best_threshold

    def fit(self, X, y):
        if self.max_depth < 0 or self.min_samples_split < 2:
            raise ValueError("max_depth must be >= 0 and min_samples_split >= 2")
        X, y = self.check(X, y)
        self.n_features = X.shape[1]
        self.dtype = y.dtype
        self.root = self.build(X, y, 0)
        return self

    def build(self, X, y, depth):
        counts = Counter(y.tolist())
        most = max(counts.values())
        label = min(key for key, count in counts.items() if count == most)
        if depth >= self.max_depth or len(y) < self.min_samples_split or len(counts) == 1:
            return {"label": label}
        feature, threshold = self.best_split(X, y)
        if feature is None:
            return {"label": label}
        mask = X[:, feature] <= threshold
        return {
            "feature": feature,
            "threshold": threshold,
            "left": self.build(X[mask], y[mask], depth + 1),
            "right": self.build(X[~mask], y[~mask], depth + 1),
        }

    def predict(self, X):
        if self.root is None:
            raise RuntimeError("fit the tree first")
        X = self.check(X)
        if X.shape[1] != self.n_features:
            raise ValueError(f"expected {self.n_features} features, got {X.shape[1]}")
        result = []
        for row in X:
            node = self.root
            while "label" not in node:
                node = node["left"] if row[node["feature"]] <= node["threshold"] else node["right"]
            result.append(node["label"])
        return np.array(result, dtype=self.dtype)

    def to_text(self):
        if self.root is None:
            raise RuntimeError("fit the tree first")
        lines = []

        def visit(node, name, depth):
            if "label" in node:
                lines.append("  " * depth + f"{name}: Predict {node['label']}")
                return
            lines.append("  " * depth + f"{name}: Feature {node['feature']} <= {node['threshold']}")
            visit(node["left"], "Left", depth + 1)
            visit(node["right"], "Right", depth + 1)

        visit(self.root, "Root", 0)
        return "\n".join(lines)
