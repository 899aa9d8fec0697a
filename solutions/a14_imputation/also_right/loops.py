"""Plain Python, value by value."""

import math

import numpy as np


class Imputer:
    def __init__(self, strategy="mean", fill_value=None):
        self.strategy = strategy
        self.fill_value = fill_value
        self.statistics = None

    def to_list(self, X):
        X = np.array(X, dtype=float)
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] == 0:
            raise ValueError("X must be a two-dimensional array with rows and columns")
        return X.tolist()

    def fit(self, X):
        if self.strategy not in ["mean", "median", "most_frequent", "constant"]:
            raise ValueError(f"unknown strategy: {self.strategy}")
        rows = self.to_list(X)
        statistics = []
        for j in range(len(rows[0])):
            values = sorted(row[j] for row in rows if not math.isnan(row[j]))
            if self.strategy == "constant":
                statistics.append(0 if self.fill_value is None else self.fill_value)
                continue
            n = len(values)
            if n == 0:
                raise ValueError(f"column {j} has no observed values")
            if self.strategy == "mean":
                statistics.append(sum(values) / n)
            elif self.strategy == "median":
                middle = n // 2
                if n % 2 == 1:
                    statistics.append(values[middle])
                else:
                    statistics.append((values[middle - 1] + values[middle]) / 2)
            else:
                counts = {}
                for value in values:
                    counts[value] = counts.get(value, 0) + 1
                best = max(counts.values())
                statistics.append(min(value for value in counts if counts[value] == best))
        self.statistics = statistics
        return self

    def transform(self, X):
        if self.statistics is None:
            raise RuntimeError("the imputer is not fitted")
        rows = self.to_list(X)
        if len(rows[0]) != len(self.statistics):
            raise ValueError("wrong number of columns")
        for row in rows:
            for j in range(len(row)):
                if math.isnan(row[j]):
                    row[j] = self.statistics[j]
        return np.array(rows, dtype=float)
