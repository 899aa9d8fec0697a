"""The stub with its faults repaired one by one; test rows are drawn first, and a mask holds the rest in order."""

import math

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def train_model(X, y, test_size=0.25, random_state=0):
    X = np.array(X, dtype=float)
    y = np.array(y)
    if X.ndim != 2 or y.shape != (len(X),):
        raise ValueError(f"X must have shape (n, d) and y shape (n,), got {X.shape} and {y.shape}")
    n = len(y)
    n_test = math.ceil(test_size * n)
    if n_test < 1 or n_test >= n:
        raise ValueError(f"test_size must leave rows on both sides, got {test_size} of {n} rows")

    rng = np.random.RandomState(random_state)
    test = rng.choice(n, size=n_test, replace=False)
    is_train = np.ones(n, dtype=bool)
    is_train[test] = False

    X_train, y_train = X[is_train], y[is_train]
    scaler = StandardScaler()
    X_train = scaler.fit_transform(X_train)
    X_test = scaler.transform(X[test])
    model = LogisticRegression(solver="newton-cg").fit(X_train, y_train)
    return {
        "model": model,
        "scaler": scaler,
        "train_indices": np.flatnonzero(is_train),
        "test_indices": test,
        "train_accuracy": float(np.mean(model.predict(X_train) == y_train)),
        "test_accuracy": float(np.mean(model.predict(X_test) == y[test])),
    }
