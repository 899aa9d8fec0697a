"""Plain sums of x and x squared, which add up in any order: harmless, as each class measures from a first row of its own."""

import numpy as np


def rows_of(X):
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or not X.size:
        raise ValueError(f"X must be a matrix with elements, got shape {X.shape}")
    return X


class Sums:
    def __init__(self, origin):
        self.origin, self.n, self.first, self.second = origin.copy(), 0, 0.0, 0.0

    def add(self, rows):
        off = rows - self.origin
        self.n += len(rows)
        self.first = self.first + off.sum(axis=0)
        self.second = self.second + (off * off).sum(axis=0)

    def mean(self):
        return self.origin + self.first / self.n

    def variance(self):
        return np.maximum(self.second / self.n - (self.first / self.n) ** 2, 0)


class NaiveBayes:
    def __init__(self):
        self.sums = None

    def fit(self, X, y):
        X, y = rows_of(X), np.asarray(y)
        self._check(X, y, None)
        self.sums = None
        return self._learn(X, y, np.unique(y))

    def partial_fit(self, X, y, classes=None):
        X, y = rows_of(X), np.asarray(y)
        if classes is None and self.sums is None:
            raise ValueError("classes is needed at the first call")
        if classes is None:
            classes = self.classes
        elif np.ndim(classes) != 1 or np.size(classes) == 0:
            raise ValueError("classes must be a list of labels")
        classes = np.unique(classes)
        self._check(X, y, self.sums and len(self.total.origin))
        if self.sums is not None and list(classes) != list(self.classes):
            raise ValueError("classes have changed")
        if any(label not in classes.tolist() for label in y.tolist()):
            raise ValueError("a label is not in classes")
        return self._learn(X, y, classes)

    def _check(self, X, y, features):
        if y.ndim != 1 or len(y) != len(X):
            raise ValueError(f"{len(X)} rows, and labels of shape {y.shape}")
        if features and X.shape[1] != features:
            raise ValueError(f"{features} features before, now {X.shape[1]}")

    def _learn(self, X, y, classes):
        if self.sums is None:
            self.classes, self.sums, self.total = classes, {}, Sums(X[0])
        self.total.add(X)
        for label in np.unique(y).tolist():
            mine = X[y == label]
            self.sums.setdefault(label, Sums(mine[0])).add(mine)
        # The differences of equal rows are exactly 0, and so is the sum of their squares.
        unit = self.total.variance().max() if self.total.second.any() else 1.0
        names = self.classes.tolist()
        self.class_priors = {name: self.sums[name].n / self.total.n if name in self.sums else 0.0 for name in names}
        self.feature_likelihoods = {
            name: (self.sums[name].mean(), self.sums[name].variance() + 1e-9 * unit)
            for name in names
            if name in self.sums
        }
        return self

    def _log_joint(self, X):
        if self.sums is None:
            raise RuntimeError("nothing has been learned")
        X = rows_of(X)
        self._check(X, X[:, 0], len(self.total.origin))
        columns = []
        for name in self.classes.tolist():
            if name not in self.sums:
                columns.append(np.full(len(X), -np.inf))
                continue
            mean, variance = self.feature_likelihoods[name]
            terms = np.log(2 * np.pi * variance) + (X - mean) ** 2 / variance
            columns.append(np.log(self.class_priors[name]) - 0.5 * terms.sum(axis=1))
        return np.stack(columns, axis=1)

    def predict_proba(self, X):
        log_joint = self._log_joint(X)
        joint = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
        return joint / joint.sum(axis=1, keepdims=True)

    def predict(self, X):
        best = self._log_joint(X).argmax(axis=1)
        return self.classes[best]
