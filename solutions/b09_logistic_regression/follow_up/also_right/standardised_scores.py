"""Platt's method by gradient descent with momentum on standardised scores; bins by `np.digitize` and `np.bincount`."""

import numpy as np


def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def matrix(X):
    X = np.array(X, dtype=float)
    if X.ndim != 2 or 0 in X.shape:
        raise ValueError(f"expected samples in rows, got shape {X.shape}")
    return X


def descend(gradient, curvature, start, iterations, tolerance):
    """Nesterov's method, restarted where the momentum points uphill."""
    at, ahead, k = start, start, 0
    for _ in range(iterations):
        slope = gradient(ahead)
        if np.abs(slope).max() <= tolerance:
            return ahead
        new = ahead - slope / curvature
        k = 0 if slope @ (new - at) > 0 else k + 1
        at, ahead = new, new + k / (k + 3) * (new - at)
    return at


class LogisticRegression:
    weights = None

    def __init__(self, l2=1.0, max_iterations=1000, tolerance=1e-8):
        if l2 < 0 or tolerance < 0 or max_iterations < 1:
            raise ValueError("l2 and tolerance must be at least 0, max_iterations at least 1")
        self.l2, self.max_iterations, self.tolerance = l2, max_iterations, tolerance

    def fit(self, X, y):
        X, y = matrix(X), np.asarray(y)
        if y.shape != X.shape[:1]:
            raise ValueError(f"y has shape {y.shape}, X has {len(X)} rows")
        self.classes_, t = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError("two labels are needed")
        A = np.column_stack([X, np.ones(len(X))])
        penalty = np.append(np.full(X.shape[1], self.l2), 0.0)
        curvature = np.linalg.norm(A, 2) ** 2 / (4 * len(X)) + self.l2
        theta = descend(
            lambda v: A.T @ (sigmoid(A @ v) - t) / len(X) + penalty * v,
            curvature,
            np.zeros(A.shape[1]),
            self.max_iterations,
            self.tolerance,
        )
        self.weights, self.bias = theta[:-1], float(theta[-1])
        self.line = 1.0, 0.0
        return self

    def raw(self, X):
        if self.weights is None:
            raise RuntimeError("fit comes first")
        X = matrix(X)
        if X.shape[1] != len(self.weights):
            raise ValueError(f"expected {len(self.weights)} columns, got {X.shape[1]}")
        return X @ self.weights + self.bias

    def predict_proba(self, X):
        raw = self.raw(X)
        p = sigmoid(self.line[0] * raw + self.line[1])
        return np.column_stack([1 - p, p])

    def predict(self, X):
        return (
            self.classes_[(self.predict_proba(X)[:, 1] > 0.5).astype(int)] if self.weights is not None else self.raw(X)
        )

    def checked(self, X, y):
        raw, y = self.raw(X), np.asarray(y)
        if y.shape != raw.shape or not set(y.tolist()) <= set(self.classes_.tolist()):
            raise ValueError("y needs one label per row, each of them known from fit")
        return raw, y == self.classes_[1]

    def calibrate(self, X, y):
        raw, second = self.checked(X, y)
        n = np.bincount(second, minlength=2)
        if n.min() == 0:
            raise ValueError("both labels are needed")
        t = np.where(second, 1 - 1 / (n[1] + 2), 1 / (n[0] + 2))
        centre, spread = raw.mean(), raw.std() or 1.0
        A = np.column_stack([(raw - centre) / spread, np.ones(len(raw))])
        a, c = descend(lambda v: A.T @ (sigmoid(A @ v) - t) / len(t), 0.25, np.zeros(2), 20_000, 1e-10)
        self.line = a / spread, c - a * centre / spread
        self.slope_, self.offset_ = map(float, self.line)
        return self

    def reliability(self, X, y, n_bins=10):
        if n_bins < 1:
            raise ValueError("n_bins must be at least 1")
        second = self.checked(X, y)[1]
        p = self.predict_proba(X)[:, 1]
        bins = np.digitize(p, np.linspace(0, 1, n_bins + 1)[1:-1])
        table = np.array([np.bincount(bins, v, n_bins) for v in (np.ones(len(p)), p, second)]).T
        table = table[table[:, 0] > 0]
        return np.column_stack([table[:, 0], table[:, 1:] / table[:, :1]])

    def calibration_error(self, X, y, n_bins=10):
        rows = self.reliability(X, y, n_bins)
        return float(np.average(np.abs(rows[:, 1] - rows[:, 2]), weights=rows[:, 0]))
