"""Column by column in plain Python, the two classes apart, as a first solution often looks."""

import numpy as np


def to_rows(X, n_columns=None):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
        raise ValueError("expected a two-dimensional array with rows and columns")
    if n_columns is not None and X.shape[1] != n_columns:
        raise ValueError(f"expected {n_columns} columns, got {X.shape[1]}")
    return X.tolist()


class StandardScaler:
    def __init__(self):
        self.means = None
        self.stds = None

    def fit(self, X):
        rows = to_rows(X)
        n = len(rows)
        self.means = []
        self.stds = []
        for j in range(len(rows[0])):
            column = [row[j] for row in rows]
            if max(column) == min(column):
                self.means.append(column[0])
                self.stds.append(1.0)
                continue
            mean = sum(column) / n
            variance = sum((x - mean) ** 2 for x in column) / n
            self.means.append(mean)
            self.stds.append(variance**0.5)
        return self

    def transform(self, X):
        if self.means is None:
            raise RuntimeError("fit first")
        result = [
            [(x - m) / s for x, m, s in zip(row, self.means, self.stds, strict=True)]
            for row in to_rows(X, len(self.means))
        ]
        return np.array(result)

    def fit_transform(self, X):
        self.fit(X)
        return self.transform(X)

    def inverse_transform(self, Z):
        if self.means is None:
            raise RuntimeError("fit first")
        result = [
            [z * s + m for z, m, s in zip(row, self.means, self.stds, strict=True)]
            for row in to_rows(Z, len(self.means))
        ]
        return np.array(result)


class MinMaxScaler:
    def __init__(self, feature_range=(0, 1)):
        self.feature_range = feature_range
        self.mins = None
        self.ranges = None

    def fit(self, X):
        lo, hi = self.feature_range
        if lo >= hi:
            raise ValueError("the lower bound must be below the upper one")
        rows = to_rows(X)
        self.mins = [min(column) for column in zip(*rows, strict=True)]
        self.ranges = [(max(column) - min(column)) or 1.0 for column in zip(*rows, strict=True)]
        return self

    def transform(self, X):
        if self.mins is None:
            raise RuntimeError("fit first")
        lo, hi = self.feature_range
        result = [
            [lo + (x - m) / r * (hi - lo) for x, m, r in zip(row, self.mins, self.ranges, strict=True)]
            for row in to_rows(X, len(self.mins))
        ]
        return np.array(result)

    def fit_transform(self, X):
        self.fit(X)
        return self.transform(X)

    def inverse_transform(self, Z):
        if self.mins is None:
            raise RuntimeError("fit first")
        lo, hi = self.feature_range
        result = [
            [(z - lo) / (hi - lo) * r + m for z, m, r in zip(row, self.mins, self.ranges, strict=True)]
            for row in to_rows(Z, len(self.mins))
        ]
        return np.array(result)
