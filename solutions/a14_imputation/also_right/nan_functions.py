"""NumPy's nan-functions for whole tables, and a table of comparisons for the mode."""

import numpy as np


def nanmode(X, axis):
    X = np.sort(X, axis=axis)  # NaN last, and equal to nothing
    counts = (X[:, None] == X).sum(axis=1)
    return np.take_along_axis(X, counts.argmax(axis=axis)[None], axis=axis)[0]


FUNCTIONS = {"mean": np.nanmean, "median": np.nanmedian, "most_frequent": nanmode, "constant": None}


class Imputer:
    def __init__(self, strategy="mean", fill_value=None):
        self.strategy, self.fill_value = strategy, fill_value

    def fit(self, X):
        X = self.validate(X)
        if self.strategy not in FUNCTIONS:
            raise ValueError(f"strategy {self.strategy!r} is none of {list(FUNCTIONS)}")
        if self.strategy == "constant":
            self.statistics_ = np.full(X.shape[1], self.fill_value or 0, dtype=float)
        elif np.isnan(X).all(axis=0).any():
            raise ValueError("a column has only missing values")
        else:
            self.statistics_ = FUNCTIONS[self.strategy](X, axis=0)
        return self

    def transform(self, X):
        if not hasattr(self, "statistics_"):
            raise RuntimeError("call fit before transform")
        X = self.validate(X).copy()
        if X.shape[1] != len(self.statistics_):
            raise ValueError(f"expected {len(self.statistics_)} columns, got {X.shape[1]}")
        rows, columns = np.nonzero(np.isnan(X))
        X[rows, columns] = self.statistics_[columns]
        return X

    def validate(self, X):
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or not X.size:
            raise ValueError(f"shape (n, d) expected, got {X.shape}")
        return X
