"""As people publish it: a tree class with nodes as dicts, a loop over thresholds and rows, entropy, and a seed for each tree."""

import itertools
import math
from collections import Counter

import numpy as np


def entropy(labels):
    return -sum(c / len(labels) * math.log2(c / len(labels)) for c in Counter(labels).values())


class Tree:
    def __init__(self, max_depth, n_features, rng):
        self.max_depth = max_depth
        self.n_features = n_features
        self.rng = rng
        self.root = None

    def fit(self, X, y):
        self.root = self.grow(X, y, 0)
        return self

    def grow(self, X, y, depth):
        leaf = {label: count / len(y) for label, count in Counter(y).items()}
        if len(leaf) == 1 or (self.max_depth is not None and depth >= self.max_depth):
            return leaf
        # all features in random order; after the first n_features, go on only while nothing has been found
        best, best_gain = None, 1e-9
        for tried, feature in enumerate(self.rng.permutation(len(X[0]))):
            if tried >= self.n_features and best is not None:
                break
            values = sorted({row[feature] for row in X})
            for low, high in itertools.pairwise(values):
                threshold = (low + high) / 2
                left = [label for row, label in zip(X, y, strict=True) if row[feature] <= threshold]
                right = [label for row, label in zip(X, y, strict=True) if row[feature] > threshold]
                gain = entropy(y) - len(left) / len(y) * entropy(left) - len(right) / len(y) * entropy(right)
                if gain > best_gain:
                    best, best_gain = (feature, threshold), gain
        if best is None:
            return leaf
        feature, threshold = best
        left = [i for i, row in enumerate(X) if row[feature] <= threshold]
        right = [i for i, row in enumerate(X) if row[feature] > threshold]
        return {
            "feature": feature,
            "threshold": threshold,
            "left": self.grow([X[i] for i in left], [y[i] for i in left], depth + 1),
            "right": self.grow([X[i] for i in right], [y[i] for i in right], depth + 1),
        }

    def leaf(self, row):
        node = self.root
        while "threshold" in node:
            node = node["left"] if row[node["feature"]] <= node["threshold"] else node["right"]
        return node


class RandomForest:
    def __init__(self, n_trees=50, max_depth=None, max_features="sqrt", random_state=None):
        self.n_trees = n_trees
        self.max_depth = max_depth
        self.max_features = max_features
        self.random_state = random_state
        self.trees = None

    def check(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must have shape (n, d), got {X.shape}")
        return X

    def fit(self, X, y):
        X, y = self.check(X), np.array(y)
        n, d = X.shape
        if y.shape != (n,):
            raise ValueError(f"y must have shape ({n},), got {y.shape}")
        if self.n_trees < 1:
            raise ValueError("n_trees must be at least 1")
        if self.max_depth is not None and self.max_depth < 0:
            raise ValueError("max_depth must be at least 0")
        if self.max_features == "sqrt":
            n_features = int(math.sqrt(d))
        elif self.max_features is None:
            n_features = d
        elif isinstance(self.max_features, int) and 1 <= self.max_features <= d:
            n_features = self.max_features
        else:
            raise ValueError(f"max_features must be 'sqrt', None or between 1 and {d}")
        self.d = d
        self.classes_, codes = np.unique(y, return_inverse=True)
        rows, codes = X.tolist(), codes.tolist()
        rng = np.random.default_rng(self.random_state)
        self.trees, self.bootstrap_indices_ = [], []
        for _ in range(self.n_trees):
            tree_rng = np.random.default_rng(rng.integers(2**31))
            drawn = tree_rng.choice(n, size=n, replace=True).tolist()
            tree = Tree(self.max_depth, n_features, tree_rng)
            self.trees.append(tree.fit([rows[i] for i in drawn], [codes[i] for i in drawn]))
            self.bootstrap_indices_.append(drawn)
        self.bootstrap_indices_ = np.array(self.bootstrap_indices_)
        right = tested = 0
        for i in range(n):
            trees = [t for t, drawn in zip(self.trees, self.bootstrap_indices_, strict=True) if i not in set(drawn)]
            if trees:
                tested += 1
                right += int(np.argmax(self.average(trees, rows[i]))) == codes[i]
        self.oob_score_ = right / tested if tested else float("nan")
        return self

    def average(self, trees, row):
        total = np.zeros(len(self.classes_))
        for tree in trees:
            for code, share in tree.leaf(row).items():
                total[code] += share
        return total / len(trees)

    def predict_proba(self, X):
        if self.trees is None:
            raise RuntimeError("call fit first")
        X = self.check(X)
        if X.shape[1] != self.d:
            raise ValueError(f"X must have {self.d} columns, got {X.shape[1]}")
        return np.array([self.average(self.trees, row) for row in X.tolist()])

    def predict(self, X):
        return np.array([self.classes_[np.argmax(shares)] for shares in self.predict_proba(X)])
