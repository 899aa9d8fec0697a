"""Welford's update, row by row, in plain Python; fit is a stream of one batch."""

import math

import numpy as np


def to_rows(X, n_columns=None):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
        raise ValueError("expected a table with rows and columns")
    if n_columns is not None and X.shape[1] != n_columns:
        raise ValueError(f"expected {n_columns} columns, got {X.shape[1]}")
    return X.tolist()


class StandardScaler:
    def __init__(self):
        self.n = 0
        self.means = None

    def fit(self, X):
        rows = to_rows(X)
        self.__init__()
        return self.partial_fit(rows)

    def partial_fit(self, X):
        for row in to_rows(X, len(self.means) if self.n else None):
            if self.n == 0:
                self.means, self.squares = [0.0] * len(row), [0.0] * len(row)
                self.smallest, self.largest = list(row), list(row)
            self.n += 1
            for j, x in enumerate(row):
                delta = x - self.means[j]
                self.means[j] += delta / self.n
                self.squares[j] += delta * (x - self.means[j])
                self.smallest[j] = min(self.smallest[j], x)
                self.largest[j] = max(self.largest[j], x)
        return self

    def deviations(self):
        if self.n == 0:
            raise RuntimeError("fit first")
        columns = zip(self.squares, self.smallest, self.largest, strict=True)
        return [1.0 if low == high else math.sqrt(squares / self.n) for squares, low, high in columns]

    def transform(self, X):
        deviations = self.deviations()
        return (np.array(to_rows(X, len(self.means))) - self.means) / deviations

    def fit_transform(self, X):
        return self.fit(X).transform(X)

    def inverse_transform(self, Z):
        deviations = self.deviations()
        return np.array(to_rows(Z, len(self.means))) * deviations + self.means


class MinMaxScaler:
    def __init__(self, feature_range=(0, 1)):
        self.lo, self.hi = feature_range
        if self.lo >= self.hi:
            raise ValueError("the lower bound must be below the upper one")
        self.fitted = False

    def fit(self, X):
        X = np.array(to_rows(X))
        self.lows = X.min(axis=0)
        self.ranges = X.max(axis=0) - self.lows
        self.ranges[self.ranges == 0] = 1.0
        self.fitted = True
        return self

    def transform(self, X):
        if not self.fitted:
            raise RuntimeError("fit first")
        return self.lo + (np.array(to_rows(X, len(self.lows))) - self.lows) / self.ranges * (self.hi - self.lo)

    def fit_transform(self, X):
        return self.fit(X).transform(X)

    def inverse_transform(self, Z):
        if not self.fitted:
            raise RuntimeError("fit first")
        return (np.array(to_rows(Z, len(self.lows))) - self.lo) / (self.hi - self.lo) * self.ranges + self.lows
