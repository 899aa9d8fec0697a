"""As people publish it: a stump class with loops over features, thresholds halfway between values, and rows."""

import itertools
import math

import numpy as np


class Stump:
    def __init__(self, feature, threshold, below, above):
        self.feature = feature
        self.threshold = threshold
        self.below = below
        self.above = above

    def predict(self, row):
        return self.below if row[self.feature] <= self.threshold else self.above


def heaviest(y, weights, chosen, classes):
    """The class with the largest weight among the chosen rows."""
    totals = [sum(w for w, label, c in zip(weights, y, chosen, strict=True) if c and label == k) for k in classes]
    return classes[totals.index(max(totals))]


class AdaBoost:
    def __init__(self, n_estimators=50):
        self.n_estimators = n_estimators
        self.columns = None

    def fit(self, X, y):
        X, y = np.array(X, dtype=float), np.array(y)
        if self.n_estimators < 1:
            raise ValueError("n_estimators must be at least 1")
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"X must have shape (n, d), got {X.shape}")
        if y.shape != (X.shape[0],):
            raise ValueError(f"y must have shape ({X.shape[0]},), got {y.shape}")
        self.columns = X.shape[1]
        self.classes_ = np.unique(y)
        rows, labels, classes = X.tolist(), y.tolist(), self.classes_.tolist()
        n, k = len(rows), len(classes)
        weights = [1 / n] * n
        self.stumps, self.estimator_errors_, self.estimator_weights_ = [], [], []
        for _ in range(self.n_estimators):
            stump, missed = self._best(rows, labels, weights, classes)
            error = sum(w for w, miss in zip(weights, missed, strict=True) if miss)
            if error == 0:
                self._keep(stump, 0.0, 1.0)
                break
            if error >= 1 - 1 / k:
                break
            alpha = math.log((1 - error) / error) + math.log(k - 1)
            self._keep(stump, error, alpha)
            weights = [w * math.exp(alpha) if miss else w for w, miss in zip(weights, missed, strict=True)]
            total = sum(weights)
            weights = [w / total for w in weights]
        self.stumps_ = [(stump.feature, stump.threshold, stump.below, stump.above) for stump in self.stumps]
        self.estimator_errors_ = np.array(self.estimator_errors_)
        self.estimator_weights_ = np.array(self.estimator_weights_)
        return self

    def _keep(self, stump, error, alpha):
        self.stumps.append(stump)
        self.estimator_errors_.append(error)
        self.estimator_weights_.append(alpha)

    def _best(self, rows, labels, weights, classes):
        best, best_missed, least = None, None, math.inf
        for feature in range(self.columns):
            values = sorted({row[feature] for row in rows})
            thresholds = [(a + b) / 2 for a, b in itertools.pairwise(values)] + [values[-1]]
            for threshold in thresholds:
                side = [row[feature] <= threshold for row in rows]
                below = heaviest(labels, weights, side, classes)
                above = heaviest(labels, weights, [not s for s in side], classes)
                stump = Stump(feature, threshold, below, above)
                missed = [stump.predict(row) != label for row, label in zip(rows, labels, strict=True)]
                error = sum(w for w, miss in zip(weights, missed, strict=True) if miss)
                if error <= least:
                    best, best_missed, least = stump, missed, error
        return best, best_missed

    def predict(self, X):
        if self.columns is None:
            raise RuntimeError("call fit first")
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] != self.columns:
            raise ValueError(f"X must have shape (q, {self.columns}), got {X.shape}")
        answers = []
        for row in X.tolist():
            votes = dict.fromkeys(self.classes_.tolist(), 0.0)
            for stump, alpha in zip(self.stumps, self.estimator_weights_, strict=True):
                votes[stump.predict(row)] += alpha
            answers.append(max(votes, key=votes.get))
        return np.array(answers, dtype=self.classes_.dtype)
