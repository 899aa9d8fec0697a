"""Takes features for constant when np.isclose sees no difference.

Caught by: test_features_that_hardly_vary_are_not_constant
"""

import numpy as np


def rows_of(X):
    X = np.asarray(X, float)
    if X.ndim != 2 or X.size == 0:
        raise ValueError(f"X has the shape {X.shape}, expected (rows, features)")
    return X


class NaiveBayes:
    def __init__(self):
        self.fitted = False

    def fit(self, X, y):
        X, y = rows_of(X), np.asarray(y)
        if y.shape != X.shape[:1]:
            raise ValueError(f"y has the shape {y.shape}, expected {X.shape[:1]}")
        smoothing = 1e-9 * (X.var(axis=0).max() if not np.isclose(X, X[0]).all() else 1.0)
        self.classes, counts = np.unique(y, return_counts=True)
        self.priors = counts / len(y)
        groups = [X[y == label] for label in self.classes]
        self.means = np.array([g.mean(axis=0) for g in groups])
        self.variances = np.array([g.var(axis=0) for g in groups]) + smoothing
        self.class_priors = dict(zip(self.classes.tolist(), self.priors))
        self.feature_likelihoods = dict(zip(self.classes.tolist(), zip(self.means, self.variances)))
        self.fitted = True
        return self

    def log_joint(self, X):
        if not self.fitted:
            raise RuntimeError("call fit first")
        X = rows_of(X)
        if X.shape[1] != self.means.shape[1]:
            raise ValueError(f"X has {X.shape[1]} features, expected {self.means.shape[1]}")
        z = (X[:, None] - self.means) ** 2 / self.variances
        return np.log(self.priors) - 0.5 * (z + np.log(2 * np.pi * self.variances)).sum(axis=2)

    def predict(self, X):
        best = self.log_joint(X).argmax(axis=1)
        return self.classes[best]

    def predict_proba(self, X):
        joint = self.log_joint(X)
        joint = np.exp(joint - joint.max(axis=1, keepdims=True))
        return joint / joint.sum(axis=1, keepdims=True)
