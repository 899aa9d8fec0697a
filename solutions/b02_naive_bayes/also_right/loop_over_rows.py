"""As most public code does it: arrays filled class by class in `fit`, and one row after another in `predict`."""

import numpy as np


class NaiveBayes:
    def __init__(self):
        self.classes = None

    def fit(self, X, y):
        X, y = np.array(X, dtype=np.float64), np.array(y)
        if X.ndim != 2 or y.shape != (X.shape[0],) or X.size == 0:
            raise ValueError(f"expected (n, d) and (n,), got {X.shape} and {y.shape}")
        n_samples, n_features = X.shape
        self.classes = np.unique(y)
        n_classes = len(self.classes)
        epsilon = 1e-9 * np.var(X, axis=0).max()
        if epsilon == 0:
            epsilon = 1e-9

        self._mean = np.zeros((n_classes, n_features), dtype=np.float64)
        self._var = np.zeros((n_classes, n_features), dtype=np.float64)
        self._priors = np.zeros(n_classes, dtype=np.float64)
        self.class_priors = {}
        self.feature_likelihoods = {}
        for idx, c in enumerate(self.classes):
            X_c = X[y == c]
            self._mean[idx, :] = X_c.mean(axis=0)
            self._var[idx, :] = X_c.var(axis=0) + epsilon
            self._priors[idx] = X_c.shape[0] / float(n_samples)
            self.class_priors[c] = self._priors[idx]
            self.feature_likelihoods[c] = (self._mean[idx], self._var[idx])
        return self

    def predict(self, X):
        return np.array([self.classes[np.argmax(p)] for p in self.predict_proba(X)])

    def predict_proba(self, X):
        if self.classes is None:
            raise RuntimeError("fit first")
        X = np.array(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self._mean.shape[1] or not len(X):
            raise ValueError(f"expected (m, {self._mean.shape[1]}), got {X.shape}")
        return np.array([self._predict(x) for x in X])

    def _predict(self, x):
        posteriors = []
        for idx in range(len(self.classes)):
            prior = np.log(self._priors[idx])
            class_conditional = np.sum(self._log_pdf(idx, x))
            posteriors.append(prior + class_conditional)
        posteriors = np.array(posteriors)
        p = np.exp(posteriors - np.max(posteriors))
        return p / np.sum(p)

    def _log_pdf(self, class_idx, x):
        mean = self._mean[class_idx]
        var = self._var[class_idx]
        return -((x - mean) ** 2) / (2 * var) - 0.5 * np.log(2 * np.pi * var)
