"""A column of ones for the bias; all remaining rows are scored at once, to find the next error."""

import numpy as np


class Perceptron:
    _w = None

    def __init__(self, max_epochs=1000):
        self.max_epochs = max_epochs

    def fit(self, X, y):
        X, y = self._with_ones(X), np.array(y, dtype=np.float64)
        if y.ndim != 1 or len(y) != len(X):
            raise ValueError(f"expected {len(X)} labels, got shape {y.shape}")
        if (np.abs(y) != 1).any():
            raise ValueError("expected labels -1 and +1 only")
        if self.max_epochs <= 0:
            raise ValueError(f"expected max_epochs > 0, got {self.max_epochs}")
        signed = X * y[:, None]
        w = np.zeros(X.shape[1])
        history = []
        while len(history) < self.max_epochs:
            errors, start = 0, 0
            while True:
                wrong = np.flatnonzero(signed[start:] @ w <= 0)
                if not len(wrong):
                    break
                w = w + signed[start + wrong[0]]
                start += int(wrong[0]) + 1
                errors += 1
            history.append(errors)
            if not errors:
                break
        self._w = w
        self.errors_per_epoch = history
        return self

    def predict(self, X):
        if self._w is None:
            raise RuntimeError("this perceptron has not been fitted")
        X = self._with_ones(X)
        if X.shape[1] != len(self._w):
            raise ValueError(f"expected {len(self._w) - 1} columns, got {X.shape[1] - 1}")
        return 2 * (X @ self._w >= 0).astype(int) - 1

    @property
    def weights(self):
        return self._w[:-1]

    @property
    def bias(self):
        return float(self._w[-1])

    @property
    def n_updates(self):
        return sum(self.errors_per_epoch)

    @property
    def converged(self):
        return self.errors_per_epoch[-1] == 0

    @staticmethod
    def _with_ones(X):
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"expected a matrix with rows and columns, got shape {X.shape}")
        return np.column_stack([X, np.ones(len(X))])
