"""All questions are asked of all rows once, before boosting: a round is then one matrix product. Weights stay logarithms."""

import numpy as np


class AdaBoost:
    def __init__(self, n_estimators=50):
        self.n_estimators = n_estimators

    def fit(self, X, y):
        if self.n_estimators < 1:
            raise ValueError(f"n_estimators must be at least 1, got {self.n_estimators}")
        X, y = np.asarray(X, dtype=np.float64), np.asarray(y)
        if X.ndim != 2 or X.size == 0 or y.shape != X.shape[:1]:
            raise ValueError(f"X must have shape (n, d) and y (n,), got {X.shape} and {y.shape}")
        self.classes_ = np.unique(y)
        k = len(self.classes_)
        one_hot = (y[:, np.newaxis] == self.classes_).astype(np.float64)
        # From the largest threshold to the smallest, last feature first: of equal stumps another one is taken.
        questions = [(j, float(t)) for j in reversed(range(X.shape[1])) for t in np.unique(X[:, j])[::-1]]
        below = np.array([X[:, j] <= t for j, t in questions], dtype=np.float64)
        logs = np.zeros(len(X))
        self.stumps_, errors, alphas = [], [], []
        while len(self.stumps_) < self.n_estimators:
            weights = np.exp(logs - logs.max())
            weights /= weights.sum()
            left, right = below @ (weights[:, np.newaxis] * one_hot), (1 - below) @ (weights[:, np.newaxis] * one_hot)
            best = int(np.argmax(left.max(axis=1) + right.max(axis=1)))
            codes = np.where(below[best] == 1, left[best].argmax(), right[best].argmax())
            missed = self.classes_[codes] != y
            error = float(np.sum(weights, where=missed))
            if k > 1 and error >= 1 - 1 / k:
                break
            with np.errstate(divide="ignore"):
                alpha = float(np.log1p(-error) - np.log(error) + np.log(k - 1)) if error else 1.0
            self.stumps_.append(
                (*questions[best], self.classes_[left[best].argmax()], self.classes_[right[best].argmax()])
            )
            errors.append(error)
            alphas.append(alpha)
            if error == 0:
                break
            logs = logs + alpha * missed
        self.estimator_errors_, self.estimator_weights_ = np.array(errors), np.array(alphas)
        self._shape = (X.shape[1],)
        return self

    def predict(self, X):
        if not hasattr(self, "_shape"):
            raise RuntimeError("call fit first")
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or len(X) == 0 or X.shape[1:] != self._shape:
            raise ValueError(f"X must have shape (q, {self._shape[0]}), got {X.shape}")
        scores = np.zeros((len(X), len(self.classes_)))
        for (feature, threshold, below, above), alpha in zip(self.stumps_, self.estimator_weights_, strict=True):
            given = np.where(X[:, feature] <= threshold, below, above)
            scores += alpha * (given[:, np.newaxis] == self.classes_)
        return self.classes_[scores.argmax(axis=1)]
