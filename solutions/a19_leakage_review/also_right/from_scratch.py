"""Scaler and classifier written by hand: standardising in plain NumPy, and softmax regression by gradient descent."""

import math
import random

import numpy as np


class Scaler:
    def fit(self, X):
        self.mean = X.mean(axis=0)
        self.deviation = X.std(axis=0)
        self.deviation[self.deviation == 0] = 1
        return self

    def transform(self, X):
        return (np.asarray(X, dtype=float) - self.mean) / self.deviation


class SoftmaxRegression:
    def fit(self, X, y):
        self.classes, targets = np.unique(y, return_inverse=True)
        X = np.hstack([X, np.ones((len(X), 1))])
        onehot = np.eye(len(self.classes))[targets]
        self.W = np.zeros((X.shape[1], len(self.classes)))
        for _ in range(150):
            self.W -= 0.5 * X.T @ (self.probabilities(X) - onehot) / len(X)
        return self

    def probabilities(self, X):
        Z = X @ self.W
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        return E / E.sum(axis=1, keepdims=True)

    def predict(self, X):
        X = np.hstack([X, np.ones((len(X), 1))])
        return self.classes[np.argmax(X @ self.W, axis=1)]


def train_model(X, y, test_size=0.25, random_state=0):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    if X.ndim != 2 or len(X) != len(y):
        raise ValueError(f"X must be two-dimensional and as long as y, got {X.shape} and {y.shape}")
    n_test = math.ceil(len(y) * test_size)
    if n_test <= 0 or n_test >= len(y):
        raise ValueError(f"test_size must leave rows on both sides, got {test_size}")
    rows = list(range(len(y)))
    random.Random(random_state).shuffle(rows)
    test, train = np.array(rows[:n_test]), np.array(rows[n_test:])
    scaler = Scaler().fit(X[train])
    model = SoftmaxRegression().fit(scaler.transform(X[train]), y[train])

    def accuracy(part):
        guesses = model.predict(scaler.transform(X[part]))
        return float(np.mean(guesses == y[part]))

    return {
        "model": model,
        "scaler": scaler,
        "train_indices": train,
        "test_indices": test,
        "train_accuracy": accuracy(train),
        "test_accuracy": accuracy(test),
    }
