"""An object for each class with its own log-density; rows are grouped by sorting; posteriors from pairwise log-odds."""

import math

import numpy as np


class Component:
    def __init__(self, label, rows, total, smoothing):
        self.label = label
        self.prior = len(rows) / total
        self.mean = np.add.reduce(rows, axis=0) / len(rows)
        self.variance = np.square(rows - self.mean).sum(axis=0) / len(rows) + smoothing
        self.constant = math.log(self.prior) - 0.5 * math.fsum(np.log(self.variance))  # sqrt(2 pi) cancels

    def score(self, rows):
        return self.constant - 0.5 * np.square((rows - self.mean) / np.sqrt(self.variance)).sum(axis=1)


class NaiveBayes:
    def __init__(self):
        self._components = None

    def fit(self, X, y):
        X, y = np.array(X, dtype=np.float64), np.array(y)
        if X.ndim != 2 or min(X.shape) < 1:
            raise ValueError("X must be a table with rows and columns")
        if y.ndim != 1 or y.size != X.shape[0]:
            raise ValueError("y must hold one label a row")
        ranges = X.max(axis=0) - X.min(axis=0)
        smoothing = 1e-9 * max(X[:, j].var() for j in range(X.shape[1])) if ranges.any() else 1e-9
        order = np.argsort(y, kind="stable")
        X, y = X[order], y[order]
        starts = [0, *(np.flatnonzero(y[1:] != y[:-1]) + 1)]
        pieces = np.split(X, starts[1:])
        self._components = [Component(y[s], piece, len(y), smoothing) for s, piece in zip(starts, pieces, strict=True)]
        self.classes = y[starts]
        self.class_priors = {c.label: c.prior for c in self._components}
        self.feature_likelihoods = {c.label: [c.mean, c.variance] for c in self._components}
        return self

    def _scores(self, X):
        if self._components is None:
            raise RuntimeError("not fitted")
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] != len(self._components[0].mean):
            raise ValueError(f"cannot classify an array of shape {X.shape}")
        return np.column_stack([c.score(X) for c in self._components])

    def predict(self, X):
        scores = self._scores(X)
        return np.array([self.classes[list(row).index(max(row))] for row in scores.tolist()])

    def predict_proba(self, X):
        scores = self._scores(X)
        odds = [np.exp(np.clip(scores - scores[:, [c]], None, 700)).sum(axis=1) for c in range(scores.shape[1])]
        return 1 / np.stack(odds, axis=1)
