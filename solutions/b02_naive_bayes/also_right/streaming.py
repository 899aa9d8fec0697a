"""Row by row in `fit`, by Welford's running means and sums of squares; a (m, C, d) block in `predict_proba`."""

from statistics import pvariance

import numpy as np


class Running:
    def __init__(self, d):
        self.n, self.mean, self.squares = 0, np.zeros(d), np.zeros(d)

    def add(self, x):
        self.n += 1
        delta = x - self.mean
        self.mean = self.mean + delta / self.n
        self.squares = self.squares + delta * (x - self.mean)


class NaiveBayes:
    def __init__(self):
        self.running = {}

    def fit(self, X, y):
        rows, labels = np.array(X, dtype="float64"), np.array(y)
        if rows.ndim != 2 or labels.ndim != 1 or len(rows) != len(labels) or rows.size == 0:
            raise ValueError(f"X {rows.shape} and y {labels.shape} do not make a training set")
        self.running = {}
        for x, label in zip(rows, labels.tolist(), strict=True):
            self.running.setdefault(label, Running(rows.shape[1])).add(x)
        if len({tuple(x) for x in (rows + 0.0).tolist()}) == 1:
            extra = 1e-9
        else:
            extra = 1e-9 * max(pvariance(column) for column in rows.T.tolist())
        names = sorted(self.running)
        self.classes = np.array(names, dtype=labels.dtype)
        self.class_priors = {name: self.running[name].n / len(rows) for name in names}
        self.feature_likelihoods = {
            name: (self.running[name].mean, self.running[name].squares / self.running[name].n + extra) for name in names
        }
        return self

    def predict_proba(self, X):
        if not self.running:
            raise RuntimeError("there was no fit")
        pairs = list(self.feature_likelihoods.values())
        mean, variance = (np.array(part) for part in zip(*pairs, strict=True))
        X = np.array(X, dtype="float64")
        if X.ndim != 2 or X.shape[0] < 1 or X.shape[1:] != mean.shape[1:]:
            raise ValueError(f"got {X.shape}, expected (m, {mean.shape[1]})")
        difference = X[:, np.newaxis, :] - mean[np.newaxis]
        log_density = -0.5 * (np.log(2 * np.pi * variance) + difference * difference / variance)
        log_joint = np.log(list(self.class_priors.values())) + log_density.sum(axis=-1)
        log_joint -= log_joint.max(axis=-1)[:, np.newaxis]
        joint = np.exp(log_joint)
        return joint / joint.sum(axis=-1)[:, np.newaxis]

    def predict(self, X):
        return np.array([self.classes[p.argmax()] for p in self.predict_proba(X)], dtype=self.classes.dtype)
