"""Row by row, by Welford's update, beside one more state for all rows."""

import numpy as np


def checked(X, y=None):
    rows = np.asarray(X, dtype=float)
    if rows.ndim != 2 or rows.size == 0:
        raise ValueError(f"shape {rows.shape}")
    if y is not None and np.shape(y) != (len(rows),):
        raise ValueError(f"labels of shape {np.shape(y)}")
    return rows


def welford(state, row):
    if state is None:
        return 1, row.copy(), np.zeros_like(row)
    n, mean, squares = state
    ahead = row - mean
    mean = mean + ahead / (n + 1)
    return n + 1, mean, squares + ahead * (row - mean)


class NaiveBayes:
    def __init__(self):
        self.forget()

    def forget(self):
        self.groups, self.whole, self.first, self.varies = {}, None, None, False

    def fit(self, X, y):
        checked(X, y)
        self.forget()
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        rows, labels = checked(X, y), np.asarray(y)
        if self.groups and len(next(iter(self.groups.values()))[1]) != rows.shape[1]:
            raise ValueError(f"{rows.shape[1]} features")
        self.classes = np.unique(np.concatenate([self.classes, labels]) if self.groups else labels)
        for row, label in zip(rows, labels.tolist(), strict=True):
            self.groups[label] = welford(self.groups.get(label), row)
            self.whole = welford(self.whole, row)
            self.first = row.copy() if self.first is None else self.first
            self.varies = self.varies | (row != self.first)
        count, _, squares = self.whole
        smoothing = 1e-9 * (squares[self.varies].max() / count if np.any(self.varies) else 1.0)
        self.class_priors = {c: self.groups[c][0] / count for c in self.classes.tolist()}
        self.feature_likelihoods = {
            c: (self.groups[c][1], self.groups[c][2] / self.groups[c][0] + smoothing) for c in self.classes.tolist()
        }
        return self

    def log_joint(self, X):
        if not self.groups:
            raise RuntimeError("not fitted")
        rows = checked(X)
        columns = []
        for c in self.classes.tolist():
            mean, variance = self.feature_likelihoods[c]
            if rows.shape[1] != len(mean):
                raise ValueError(f"{rows.shape[1]} features")
            terms = np.log(2 * np.pi * variance) + (rows - mean) ** 2 / variance
            columns.append(np.log(self.class_priors[c]) - 0.5 * terms.sum(axis=1))
        return np.stack(columns, axis=1)

    def predict(self, X):
        best = self.log_joint(X).argmax(axis=1)
        return self.classes[best]

    def predict_proba(self, X):
        logs = self.log_joint(X)
        joint = np.exp(logs - logs.max(axis=1, keepdims=True))
        return joint / joint.sum(axis=1, keepdims=True)
